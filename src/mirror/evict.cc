#include "mirror/evict.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <vector>

#include "mirror/held.h"
#include "python/filename.h"
#include "python/name.h"
#include "python/project_record.h"

namespace granary::mirror {
namespace {

constexpr std::uint32_t kPage = 1000;

Result<std::vector<catalog::HeldFile>> all_held(const Parts& parts, const Context& ctx,
                                                model::SourceId source) {
  std::vector<catalog::HeldFile> all;
  for (bool more = true; more;) {
    TRY(ctx.check());
    std::vector<catalog::HeldFile> page;
    TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      page = TRY(view.mirrors().held_files(source, all.empty() ? "" : all.back().key, kPage));
      return {};
    }));
    more = page.size() == kPage;
    std::move(page.begin(), page.end(), std::back_inserter(all));
  }
  return all;
}

/// The file that a key is of, or that its document belongs to.
std::string_view file_of(std::string_view key) noexcept {
  auto name = key.substr(key.rfind('/') + 1);
  for (const std::string_view document : {".metadata", ".provenance"})
    if (name.ends_with(document)) name.remove_suffix(document.size());
  return name;
}

/// Reads the record of one project after the other: keys of one project follow each other in no order, so a
/// few are kept.
class Listed {
 public:
  Listed(const Parts& parts, model::SourceId source) : parts_(&parts), source_(source) {}

  /// Whether upstream lists the file of that key no more. False for what cannot be said.
  Result<bool> lost(const Context& ctx, std::string_view key) {
    const auto name = file_of(key);
    std::string project;
    if (auto wheel = python::parse_wheel_filename(name)) {
      project = std::move(wheel->project);
    } else if (auto sdist = python::parse_sdist_filename(name)) {
      project = std::move(sdist->project);
    } else {
      return false;
    }
    const auto& known = TRY(files_of(ctx, project)).get();
    bool seen = false;
    for (const auto& file : known) {
      if (file.filename != name || (file.sha256 && key.find(file.sha256->hex()) == std::string_view::npos))
        continue;
      if (!file.gone) return false;
      seen = true;
    }
    return seen;
  }

 private:
  using FilesOf = std::vector<python::UpstreamFile>;
  static constexpr std::size_t kProjectsKept = 64;

  Result<std::reference_wrapper<const FilesOf>> files_of(const Context& ctx, const std::string& project) {
    if (const auto at = known_.find(project); at != known_.end()) return std::cref(at->second);
    std::string record;
    TRY(parts_->catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      auto found = TRY(view.mirrors().record(source_, "", project, std::nullopt));
      record = found ? std::move(found->bytes) : std::string();
      return {};
    }));
    if (known_.size() >= kProjectsKept) known_.clear();
    auto& files = known_[project];
    if (!record.empty()) files = TRY(python::decode_project(record)).files;
    return std::cref(files);
  }

  const Parts* parts_;
  model::SourceId source_;
  std::unordered_map<std::string, FilesOf> known_;
};

}  // namespace

Result<Evicted> evict(const Parts& parts, const Context& ctx, model::SourceId id, const Eviction& which) {
  const auto source = TRY(mirror_source(parts, ctx, id));
  auto all = TRY(all_held(parts, ctx, id));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.used_at < b.used_at; });
  Evicted out;
  for (const auto& file : all) out.kept_bytes += file.size;
  const Time now = parts.clock->now();
  std::vector<catalog::HeldFile> going;
  Listed listed(parts, id);
  const bool may_be_lost = source.type == model::SourceType::pypi && !which.lost;
  for (const auto& file : all) {
    const bool goes =
        (!which.unused || now - file.used_at >= *which.unused) &&
        (which.package.empty() || is_of_package(file.key, which.package, ecosystem_of(source.type))) &&
        (!which.to_size || out.kept_bytes > *which.to_size);
    const bool lost = goes && may_be_lost && TRY(listed.lost(ctx, file.key));
    if (!goes || lost) {
      ++out.kept;
      if (lost) ++out.lost;
      continue;
    }
    ++out.files;
    out.bytes += file.size;
    out.kept_bytes -= file.size;
    going.push_back(file);
  }
  if (which.dry_run) return out;
  for (std::size_t at = 0; at < going.size(); at += kPage) {
    TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      for (std::size_t i = at; i < std::min(going.size(), at + kPage); ++i) TRY(let_go(view, id, going[i]));
      return {};
    }));
  }
  return out;
}

bool is_of_package(std::string_view key, std::string_view package, model::Ecosystem ecosystem) {
  const auto name = file_of(key);
  if (ecosystem != model::Ecosystem::python)
    return name.starts_with(package) && name.substr(package.size()).starts_with('_');
  const auto project = python::normalize_name(package);
  if (const auto wheel = python::parse_wheel_filename(name)) return wheel->project == project;
  for (auto dash = name.rfind('-'); dash != name.npos && dash > 0; dash = name.rfind('-', dash - 1)) {
    if (python::normalize_name(name.substr(0, dash)) == project) return true;
  }
  return false;
}

}  // namespace granary::mirror
