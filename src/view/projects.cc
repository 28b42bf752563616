#include "view/projects.h"

#include <algorithm>

#include "base/away.h"
#include "python/project_record.h"
#include "view/newest_file.h"

namespace granary::view {
namespace {

using catalog::ReadView;

constexpr std::size_t kSeenKept = 50'000;

std::string key_of(const model::Pin& pin, std::string_view project) {
  return std::to_string(pin.source.value) + '/' + (pin.exact ? std::to_string(pin.at.value) : "") + '/' +
         std::string(project);
}

std::size_t weight_of_project(const python::Project& project) {
  std::size_t weight = sizeof(project);
  for (const auto& file : project.files)
    weight += sizeof(file) + file.filename.size() + file.url.size() + file.provenance.size();
  return weight;
}

/// Of the page, as upstream counts: what mirrors of mirrors compare.
std::int64_t serial_of(std::int64_t upstreams, model::TxNo number) noexcept {
  return upstreams != 0 ? upstreams : number.value;
}

/// Names the bytes for ever: two files of one name differ in what upstream says of them.
std::string key_of(const python::UpstreamFile& file, std::string_view project) {
  if (file.sha256) return "sha256:" + file.sha256->hex() + '/' + file.filename;
  const auto& told = file.md5.empty() ? std::to_string(file.since().time_since_epoch().count()) : file.md5;
  return std::string(project) + '/' + file.filename + '/' + told;
}

}  // namespace

model::FileRecord file_record(const python::UpstreamFile& file, const python::Project& project,
                              model::SourceId source, model::TxNo number, std::string_view name) {
  model::FileRecord out;
  out.source = source;
  out.package = name;
  out.name = project.shown;
  out.version = file.version;
  out.filename = file.filename;
  out.kind = file.wheel ? model::FileKind::wheel : model::FileKind::sdist;
  out.blob = file.sha256.value_or(Digest{});
  out.size = file.size.value_or(0);
  out.md5 = file.md5;
  if (file.uploaded_at) out.uploaded_at = *file.uploaded_at;
  out.metadata_sha256 = file.metadata_sha256;
  out.requires_python = file.requires_python;
  out.yanked = file.yanked;
  out.added_in = {serial_of(project.serial, number)};
  out.origin = model::Origin{{file.url}, key_of(file, name), file.sha256.has_value()};
  out.provenance = file.provenance;
  return out;
}

Projects::Projects(std::shared_ptr<catalog::Catalog> catalog, OwnSources& own,
                   std::shared_ptr<catalog::OnDemand> on_demand, std::size_t cache_bytes)
    : catalog_(std::move(catalog)),
      own_(&own),
      on_demand_(std::move(on_demand)),
      seen_(kSeenKept),
      decoded_(cache_bytes),
      newest_(cache_bytes / 4) {}

Result<std::vector<model::Pin>> Projects::owner(const Context& ctx, const Snapshot& snapshot,
                                                std::string_view project, const Freshness& fresh,
                                                const std::function<bool(const model::Pin&)>& lacks) {
  for (const auto source : snapshot.repository->sources) {
    const auto pin = std::find_if(snapshot.pins.begin(), snapshot.pins.end(),
                                  [&](const model::Pin& one) { return one.source == source; });
    if (pin == snapshot.pins.end() || !is_index(*pin)) {
      std::vector<model::Pin> pins;
      if (TRY(own(ctx, snapshot, source, project, pins))) return pins;
      continue;
    }
    if (lacks(*pin)) continue;
    const auto record = TRY(record_of(ctx, *pin, project, fresh));
    if (record.value == 0) continue;
    auto narrowed = *pin;
    narrowed.at = record;
    narrowed.exact = true;
    return std::vector<model::Pin>{narrowed};
  }
  return std::vector<model::Pin>{};
}

/// Own names win for every day: what was published here later must not be somebody else's before. Only a
/// number shows what this server knew then.
Result<bool> Projects::own(const Context& ctx, const Snapshot& snapshot, model::SourceId source,
                           std::string_view project, std::vector<model::Pin>& pins) const {
  const bool exact = std::any_of(snapshot.pins.begin(), snapshot.pins.end(),
                                 [](const model::Pin& pin) { return pin.exact; });
  for (auto pin : snapshot.pins) {
    if (pin.source != source) continue;
    pin.at = TRY(own_->last_change(ctx, source, pin.at, project));
    if (pin.at.value != 0) pins.push_back(pin);
  }
  if (!pins.empty() || exact) return !pins.empty();
  const auto newest = TRY(own_->resolve(ctx, source, model::Latest{}));
  return newest.value != 0 && TRY(own_->last_change(ctx, source, newest, project)).value != 0;
}

Result<model::TxNo> Projects::record_of(const Context& ctx, const model::Pin& pin, std::string_view project,
                                        const Freshness& fresh) {
  const auto key = key_of(pin, project);
  const auto seen = [&]() -> std::optional<Seen> {
    const std::scoped_lock lock(mutex_);
    const auto* known = seen_.find(key);
    return known == nullptr ? std::nullopt : std::optional(*known);
  };
  std::optional<Error> refused;
  if (on_demand_ && !pin.exact) {
    auto wanted = on_demand_->want_project(ctx, pin.source, project);
    if (!wanted && wanted.error().code() != Errc::not_found) refused = std::move(wanted).error();
  }
  if (!refused && fresh.holds()) {
    const auto known = seen();
    if (known && known->state == fresh.seen) return known->record;
  }
  auto read = read_number(ctx, pin, project);
  if (!read) {
    const auto known = is_away(read.error()) ? seen() : std::nullopt;
    return known ? Result<model::TxNo>(known->record) : read;
  }
  auto record = *read;
  if (record.value == 0 && on_demand_ && pin.exact) {
    // Not known at that number: as it was first seen afterwards, so that the answer stays the same.
    auto wanted = on_demand_->want_project(ctx, pin.source, project);
    if (!wanted && wanted.error().code() != Errc::not_found) refused = std::move(wanted).error();
    record = TRY(read_number(ctx, pin, project));
  }
  if (record.value == 0 && refused) return tl::unexpected(*std::move(refused));
  const std::scoped_lock lock(mutex_);
  if (record.value != 0) seen_.put(key, {fresh.seen, record}, 1);
  return record;
}

Result<model::TxNo> Projects::read_number(const Context& ctx, const model::Pin& pin,
                                          std::string_view project) {
  model::TxNo number;
  TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    const auto at = pin.exact ? std::optional(pin.at) : std::nullopt;
    const auto record = TRY(view.mirrors().record(pin.source, "", project, at));
    number = record ? record->added_in : model::TxNo{};
    return {};
  }));
  return number;
}

Result<std::vector<std::optional<model::FileRecord>>> Projects::newest(
    const Context& ctx, const model::Pin& pin, const std::vector<std::string>& projects) {
  std::vector<model::Pin> records;
  TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    records.clear();
    for (const auto& project : projects) {
      const auto at = pin.exact ? std::optional(pin.at) : std::nullopt;
      const auto record = TRY(view.mirrors().record(pin.source, "", project, at));
      records.push_back(pin);
      records.back().at = record ? record->added_in : model::TxNo{};
      records.back().exact = true;
    }
    return {};
  }));
  std::vector<std::optional<model::FileRecord>> found;
  for (std::size_t i = 0; i < projects.size(); ++i) {
    if (records[i].at.value == 0) {
      found.emplace_back();
      continue;
    }
    const auto until = records[i].until ? std::to_string(records[i].until->time_since_epoch().count()) : "";
    found.push_back(*TRY(newest_.get(
        ctx, key_of(records[i], projects[i]) + '<' + until,
        [&]() -> Result<std::optional<model::FileRecord>> {
          const auto all = TRY(files(ctx, records[i], projects[i]));
          if (all.empty()) return std::optional<model::FileRecord>();
          return std::optional(newest_file(model::Ecosystem::python, all));
        },
        [](const auto& file) { return sizeof(file) + (file ? file->filename.size() * 8 : 0); })));
  }
  return found;
}

Result<std::string> Projects::read_record(const Context& ctx, const model::Pin& pin,
                                          std::string_view project) {
  std::string bytes;
  TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
    auto record = TRY(view.mirrors().record(pin.source, "", project, pin.at));
    bytes = record ? std::move(record->bytes) : std::string();
    return {};
  }));
  return bytes;
}

Result<std::shared_ptr<const python::Project>> Projects::known(const Context& ctx, const model::Pin& pin,
                                                               std::string_view project) {
  return decoded_.get(
      ctx, key_of(pin, project),
      [&]() -> Result<python::Project> {
        const auto bytes = TRY(read_record(ctx, pin, project));
        if (bytes.empty()) return python::Project{};
        return python::decode_project(bytes);
      },
      weight_of_project);
}

Result<ProjectContent> Projects::content(const Context& ctx, const model::Pin& pin,
                                         std::string_view project) {
  const auto bytes = TRY(read_record(ctx, pin, project));
  ProjectContent content;
  if (bytes.empty()) return content;
  auto shown = TRY(python::shown_project(bytes, pin.until));
  content.files = std::move(shown.files);
  content.serial = std::max<std::int64_t>(0, serial_of(shown.serial, pin.at));
  content.status = shown.status;
  content.status_reason = std::move(shown.status_reason);
  content.text = std::move(shown.text);
  return content;
}

Result<std::vector<model::FileRecord>> Projects::files(const Context& ctx, const model::Pin& pin,
                                                       std::string_view project) {
  const auto made = TRY(known(ctx, pin, project));
  std::vector<model::FileRecord> files;
  files.reserve(made->files.size());
  for (const auto& file : made->files)
    if (file.visible(pin.until)) files.push_back(file_record(file, *made, pin.source, pin.at, project));
  return files;
}

}  // namespace granary::view
