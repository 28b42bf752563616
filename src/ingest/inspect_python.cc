#include <algorithm>

#include "base/text.h"
#include "ingest/layout.h"
#include "python/filename.h"
#include "python/metadata.h"
#include "python/name.h"
#include "python/version.h"

namespace granary::ingest {

namespace {

auto rebuilt(std::string message) {
  return fail(Errc::invalid_argument, std::move(message), "build it again with python -m build");
}

/// Name and version in the file's name, in a folder's name and in the metadata must be the same project and
/// release.
struct Identity {
  std::string project;
  python::Version version;
  bool operator==(const Identity&) const = default;
};

/// "{name}-{version}", cut at the last dash.
std::optional<Identity> parse_folder(std::string_view stem) {
  const auto dash = stem.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto version = python::Version::parse(replace_all(stem.substr(dash + 1), "_", "+"));
  if (!version) version = python::Version::parse(stem.substr(dash + 1));
  if (!version) return std::nullopt;
  return Identity{python::normalize_name(stem.substr(0, dash)), std::move(*version)};
}

Result<Inspected> from_metadata(model::FileKind kind, std::string_view filename, const Identity& expected,
                                const archive::Member& member) {
  auto metadata = TRY(python::parse_metadata(member.bytes));
  const auto version = python::Version::parse(metadata.version);
  if (!version)
    return rebuilt(quoted(member.path) +
                   " has a version that PEP 440 does not know: " + quoted(metadata.version));
  const Identity found{python::normalize_name(metadata.name), *version};
  if (found != expected) {
    return rebuilt("the file is named " + quoted(filename) + ", but its metadata says name " +
                   quoted(metadata.name) + " version " + quoted(metadata.version));
  }
  Inspected out;
  out.kind = kind;
  out.package = found.project;
  out.name = std::move(metadata.name);
  out.version = version->text();
  out.metadata = member.bytes;
  out.requires_python = std::move(metadata.requires_python);
  return out;
}

Result<> check_wheel_version(const archive::Member& member) {
  for (const auto line : split(member.bytes, '\n')) {
    if (!starts_with_ignore_case(line, "Wheel-Version:")) continue;
    const auto version = trim(line.substr(14));
    if (version.starts_with("1.")) return {};
    return rebuilt("the wheel has format version " + quoted(version) + ", and clients know 1.0 only");
  }
  return rebuilt(quoted(member.path) + " says no Wheel-Version");
}

}  // namespace

Result<Inspected> inspect_wheel(std::string_view filename, const Layout& layout) {
  const auto name = TRY(python::parse_wheel_filename(filename));
  if (layout.dist_infos.empty()) return rebuilt("the wheel has no .dist-info folder");
  if (layout.dist_infos.size() > 1) {
    return rebuilt("the wheel has more than one .dist-info folder: " + quoted(layout.dist_infos[0]) +
                   " and " + quoted(layout.dist_infos[1]));
  }
  const auto& folder = layout.dist_infos.front();
  const Identity expected{name.project, name.version};
  const auto stem = std::string_view(folder).substr(0, folder.size() - std::string_view(".dist-info").size());
  const auto found = parse_folder(stem);
  if (!found || *found != expected) {
    return rebuilt("the wheel is named " + quoted(filename) + ", but its metadata lies in " + quoted(folder));
  }
  const auto* metadata = layout.at(folder + "/METADATA");
  if (metadata == nullptr) return rebuilt("the wheel has no " + quoted(folder + "/METADATA"));
  const auto* wheel = layout.at(folder + "/WHEEL");
  if (wheel == nullptr) return rebuilt("the wheel has no " + quoted(folder + "/WHEEL"));
  if (!layout.has_record) return rebuilt("the wheel has no " + quoted(folder + "/RECORD"));
  TRY(check_wheel_version(*wheel));
  return from_metadata(model::FileKind::wheel, filename, expected, *metadata);
}

Result<Inspected> inspect_sdist(std::string_view filename, const Layout& layout) {
  const auto& member = *layout.find("PKG-INFO");
  const auto metadata = TRY(python::parse_metadata(member.bytes));
  const auto name = TRY(python::parse_sdist_filename(filename, metadata.name));
  const Identity expected{name.project, name.version};
  const auto top = std::string_view(member.path).substr(0, member.path.find('/'));
  if (layout.tops.size() > 1) {
    return rebuilt("the sdist holds " + quoted(layout.tops[layout.tops[0] == top ? 1 : 0]) +
                   " beside the folder " + quoted(top));
  }
  const auto folder = python::parse_sdist_filename(std::string(top) + ".tar.gz", metadata.name);
  if (!folder || Identity{folder->project, folder->version} != expected) {
    return rebuilt("the sdist is named " + quoted(filename) + ", but its folder is " + quoted(top));
  }
  auto out = TRY(from_metadata(model::FileKind::sdist, filename, expected, member));
  if (name.extension == ".zip") out.warnings.emplace_back("uv does not install .zip sdists: build a .tar.gz");
  return out;
}

}  // namespace granary::ingest
