#include "mirror/import.h"

#include <map>
#include <set>

#include "base/time_text.h"
#include "catalog/mirror_keys.h"
#include "mirror/held.h"
#include "mirror/import_merge.h"
#include "mirror/notes.h"
#include "python/project_record.h"
#include "r/tree_name.h"

namespace granary::mirror {
namespace {

/// One write.
class Importing {
 public:
  Importing(const Parts& parts, catalog::WriteView& view) : parts_(&parts), view_(&view) {}

  Result<> take(const ImportedRecord& record) {
    auto& target = TRY(target_of(record.source)).get();
    const auto& source = target.source;
    const bool python = source.type == model::SourceType::pypi;
    if (python ? !record.tree.empty() : !r::is_tree_name(record.tree) && record.tree != catalog::kBiocConfig)
      return fail(Errc::corrupt,
                  "the bundle has a record of '" + record.tree.substr(0, 80) + "', which is no tree",
                  "make the bundle again");
    for (const auto& file : record.files) TRY(check_held(source, file));
    const auto old = TRY(view_->mirrors().record(source.id, record.tree, record.package, std::nullopt));
    const auto merged = TRY(merge_imported(ecosystem_of(source.type),
                                           old && !old->gone_in ? old->bytes : std::string(), record.bytes));
    auto& mirror = view_->mirroring();
    TRY(mirror.put_record(source.id, record.tree, record.package, merged, target.number));
    if (python) {
      const auto shown = TRY(python::decode_project(merged)).shown;
      TRY(mirror.put_names(source.id, {{record.package, shown, 0}}, target.number));
      mirror.announce_project(source.id, record.package);
    } else {
      target.trees.insert(record.tree);
    }
    ++out_.records;
    out_.files += record.files.size();
    return {};
  }

  Result<Imported> finish() {
    const Time now = parts_->clock->now();
    auto& mirror = view_->mirroring();
    for (const auto& [id, target] : targets_) {
      for (const auto& tree : target.trees) {
        const auto key = catalog::first_number_key(tree);
        if (TRY(view_->mirrors().state(target.source.id, key)).empty())
          TRY(mirror.set_state(target.source.id, key, std::to_string(target.number.value)));
      }
      if (target.source.type == model::SourceType::pypi)
        TRY(mirror.set_state(target.source.id, catalog::kNamesKnown, "1"));
      TRY(mirror.set_state(target.source.id, kSyncedAt, rfc3339(now)));
      TRY(mirror.set_state(target.source.id, catalog::kSyncedUntil,
                           std::to_string(now.time_since_epoch().count())));
    }
    return out_;
  }

 private:
  struct Target {
    model::Source source;
    model::TxNo number;
    std::set<std::string> trees;
  };

  Result<std::reference_wrapper<Target>> target_of(model::SourceId id) {
    const auto known = targets_.find(id.value);
    if (known != targets_.end()) return std::ref(known->second);
    const auto source = TRY(view_->find_source(std::to_string(id.value)));
    if (!source || !is_offline(*source))
      return fail(
          Errc::conflict, "'" + (source ? source->name : std::to_string(id.value)) + "' is not offline",
          "a bundle is taken in by a source without an upstream: granary create source --url offline:");
    Target target{*source, {}, {}};
    target.number = TRY(view_->mirroring().begin_sync(id, model::TxKind::sync, Time{}, "import", "a bundle"));
    return std::ref(targets_.emplace(id.value, std::move(target)).first->second);
  }

  Result<> check_held(const model::Source& source, const ImportedFile& file) {
    const auto held = TRY(view_->mirrors().held(source.id, file.key));
    if (held && held->blob == file.blob) return {};
    return fail(Errc::not_found, "the file " + file.filename.substr(0, 200) + " was not brought",
                "run the import again: it goes on where it was");
  }

  const Parts* parts_;
  catalog::WriteView* view_;
  std::map<std::int64_t, Target> targets_;
  Imported out_;
};

}  // namespace

Result<> hold_imported(const Parts& parts, const Context& ctx, const model::Source& source,
                       const catalog::HeldFile& file, std::int64_t stored_after) {
  if (!is_offline(source))
    return fail(Errc::conflict, "'" + source.name + "' is not offline",
                "a bundle is taken in by a source without an upstream: granary create source --url offline:");
  auto held = hold(parts, ctx, source.id, file, stored_after);
  if (held || held.error().code() != Errc::corrupt) return held;
  return fail(Errc::corrupt,
              "another file is held as '" + file.key.substr(0, 200) + "' than the bundle brings",
              "bundles of two servers with different upstreams do not go into one source: use two");
}

Result<Imported> import_records(const Parts& parts, const Context& ctx,
                                const std::function<Result<>(const EachImported&)>& read) {
  Imported out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    Importing importing(parts, view);
    TRY(read([&](const ImportedRecord& record) -> Result<> {
      TRY(ctx.check());
      return importing.take(record);
    }));
    out = TRY(importing.finish());
    return {};
  }));
  return out;
}

}  // namespace granary::mirror
