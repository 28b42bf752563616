#include "ingest/inspect.h"

#include <algorithm>

#include "base/text.h"
#include "ingest/layout.h"
#include "python/name.h"
#include "python/version.h"
#include "r/names.h"

namespace granary::ingest {

namespace {

constexpr std::size_t kLongestName = 255;  // of a file, on the file systems of clients

Result<> check_filename(std::string_view filename) {
  const auto plain = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u < 0x7f && c != '/' && c != '\\';
  };
  if (filename.empty()) return fail(Errc::invalid_argument, "the file has no name", "give the file its name");
  if (filename.size() > kLongestName || filename.front() == '.' ||
      !std::all_of(filename.begin(), filename.end(), plain)) {
    return fail(Errc::invalid_argument, quoted(filename) + " is not the name of a package file",
                "name it as R CMD build or python -m build did");
  }
  return {};
}

Result<> check_r_extension(std::string_view filename) {
  const bool binary = filename.ends_with(".zip") || filename.ends_with(".tgz");
  if (filename.ends_with(".tar.gz")) return {};
  return fail(Errc::invalid_argument,
              quoted(filename) + (binary ? " is a binary R package, which a source repository does not take"
                                         : " is not named like an R source package"),
              "upload the .tar.gz that R CMD build makes");
}

/// A folder "name_version" cannot be a package's, "name-version" can only be an sdist's.
bool is_r(std::string_view filename, const Layout& layout) {
  const auto* description = layout.find("DESCRIPTION");
  if (description == nullptr) return false;
  if (layout.find("PKG-INFO") == nullptr) return true;
  const auto name = r::parse_source_file_name(filename);
  return name && description->path == name->package + "/DESCRIPTION";
}

auto nothing_known(std::string_view filename, const Layout& layout) {
  const auto inside = layout.tops.empty() ? std::string("nothing") : quoted(layout.tops.front());
  if (layout.format == archive::Format::tar_gz && r::parse_source_file_name(filename)) {
    const auto package = r::parse_source_file_name(filename)->package;
    return fail(Errc::invalid_argument,
                "the archive has no " + quoted(package + "/DESCRIPTION") + "; at its top is " + inside,
                "make it with R CMD build, which puts the package in a folder of its name");
  }
  return fail(Errc::invalid_argument,
              "the archive is no R source package (no DESCRIPTION in its folder), no sdist (no PKG-INFO in "
              "its folder); "
              "at its top is " +
                  inside,
              "make it with R CMD build or python -m build");
}

std::string without_space(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != ' ' && c != '\t'; });
  return out;
}

auto disagree(std::string_view what, std::string_view said, std::string_view found) {
  return fail(
      Errc::invalid_argument,
      "the upload says " + std::string(what) + " " + quoted(said) + ", but the file says " + quoted(found),
      "upload with a tool that reads these from the file, such as twine");
}

}  // namespace

model::Ecosystem ecosystem_of(model::FileKind kind) noexcept {
  return kind == model::FileKind::r_source ? model::Ecosystem::r : model::Ecosystem::python;
}

Result<Inspected> inspect(const Context& ctx, std::string_view filename, const ByteSource& bytes) {
  TRY(check_filename(filename));
  const auto format = TRY(archive::detect(bytes));
  const bool wheel = filename.ends_with(".whl");
  if (wheel && format != archive::Format::zip) {
    return fail(Errc::invalid_argument, quoted(filename) + " is named like a wheel, but is a gzipped tar",
                "a wheel is a zip archive: build it with python -m build --wheel");
  }
  if (format == archive::Format::zip && filename.ends_with(".tar.gz")) {
    return fail(Errc::invalid_argument,
                quoted(filename) + " is named like a gzipped tar, but is a zip archive",
                "build it again, or give the file the name that it had");
  }
  const auto layout = TRY(read_layout(ctx, bytes, format));
  if (wheel) return inspect_wheel(filename, layout);
  if (format == archive::Format::zip && layout.has_wheel && !layout.dist_infos.empty()) {
    return fail(Errc::invalid_argument, quoted(filename) + " is a wheel, but its name does not end in .whl",
                "give the file the name that it had when it was built");
  }
  if (is_r(filename, layout)) {
    TRY(check_r_extension(filename));
    return inspect_r_source(filename, layout);
  }
  if (layout.find("PKG-INFO") != nullptr) return inspect_sdist(filename, layout);
  return nothing_known(filename, layout);
}

Result<> check_claims(const Inspected& file, const std::optional<std::string>& name,
                      const std::optional<std::string>& version,
                      const std::optional<std::string>& requires_python) {
  const bool python = ecosystem_of(file.kind) == model::Ecosystem::python;
  if (name && (python ? python::normalize_name(*name) != file.package : *name != file.package)) {
    return disagree("name", *name, file.name);
  }
  if (version) {
    const auto claimed = python::Version::parse(*version);
    const auto found = python::Version::parse(file.version);
    if (python ? !claimed || !found || *claimed != *found : *version != file.version) {
      return disagree("version", *version, file.version);
    }
  }
  if (requires_python && !requires_python->empty() &&
      without_space(*requires_python) != without_space(file.requires_python)) {
    return disagree("requires_python", *requires_python, file.requires_python);
  }
  return {};
}

}  // namespace granary::ingest
