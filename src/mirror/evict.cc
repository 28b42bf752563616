#include "mirror/evict.h"

#include <algorithm>
#include <vector>

#include "mirror/held.h"
#include "python/filename.h"
#include "python/name.h"

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

}  // namespace

Result<Evicted> evict(const Parts& parts, const Context& ctx, model::SourceId id, const Eviction& which) {
  const auto source = TRY(mirror_source(parts, ctx, id));
  auto all = TRY(all_held(parts, ctx, id));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.used_at < b.used_at; });
  Evicted out;
  for (const auto& file : all) out.kept_bytes += file.size;
  const Time now = parts.clock->now();
  std::vector<catalog::HeldFile> going;
  for (const auto& file : all) {
    const bool goes =
        (!which.unused || now - file.used_at >= *which.unused) &&
        (which.package.empty() || is_of_package(file.key, which.package, ecosystem_of(source.type))) &&
        (!which.to_size || out.kept_bytes > *which.to_size);
    if (!goes) {
      ++out.kept;
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
  const auto name = key.substr(key.rfind('/') + 1);
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
