#include "mirror/r_tree.h"

#include "base/text.h"
#include "catalog/mirror_keys.h"
#include "mirror/clear.h"
#include "mirror/describe_job.h"
#include "mirror/r_merge.h"
#include "r/tree_name.h"

namespace granary::mirror {
namespace {

/// Past every transaction.
constexpr model::TxNo kNewest{INT64_MAX - 1};

struct Before {
  RTreeState state;
  bool first = true;
  std::vector<KnownPackage> known;
  std::string epoch;
};

Result<Before> read_before(const Parts& parts, const Context& ctx, model::SourceId source,
                           const std::string& tree, bool with_records) {
  Before before;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    before = {};
    auto& mirrors = view.mirrors();
    before.epoch = TRY(read_epoch(mirrors, source));
    before.state = parse_tree_state(TRY(mirrors.state(source, validators_key(tree))));
    before.first = TRY(mirrors.state(source, catalog::first_number_key(tree))).empty();
    if (!with_records) return {};
    return mirrors.for_each_record(source, tree, kNewest,
                                   [&](const catalog::MirrorRecord& record) -> Result<> {
                                     before.known.push_back({record.package, record.bytes});
                                     return {};
                                   });
  }));
  if (before.first) before.state = {};
  return before;
}

std::string comment_of(const std::string& tree, const RChanges& changes) {
  return tree + ": " + std::to_string(changes.records.size()) + " packages changed" +
         (changes.removed > 0 ? ", " + std::to_string(changes.removed) + " removed" : "");
}

}  // namespace

Result<Synced> sync_r_tree(const Parts& parts, const Context& ctx, const model::Source& source,
                           const std::string& tree, Reason reason, const Progress& progress) {
  const auto began = parts.clock->now();
  const bool dated = source.type == model::SourceType::cran && tree == r::kSourceTree;
  const auto client = TRY(parts.clients->of(ctx, source));
  auto before = TRY(read_before(parts, ctx, source.id, tree, false));
  progress({"reading the indexes of " + tree});
  auto indexes = TRY(read_r_indexes(ctx, *client, tree, dated, before.state));
  const auto state = indexes.state;
  const auto titles = std::move(indexes.titles);
  Synced synced;
  synced.problem = indexes.problem;

  RChanges changes;
  if (!indexes.unchanged()) {
    progress({"comparing " + tree});
    auto known = TRY(read_before(parts, ctx, source.id, tree, true)).known;
    changes = TRY(merge_r_tree(known, std::move(indexes), dated, before.first, began));
  }
  synced.packages = changes.records.size();
  synced.removed = changes.removed;
  synced.skipped = changes.skipped.count;
  if (synced.skipped > 0 && synced.problem.empty())
    synced.problem = "could not read " + changes.skipped.examples.front() + " of " + tree;

  progress({"writing " + tree, 0, changes.records.size()});
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    TRY(check_epoch(view.mirrors(), source.id, before.epoch));
    auto& mirror = view.mirroring();
    synced.transaction = {};
    if (!changes.records.empty() || before.first) {
      const auto from = changes.records.empty() ? began : changes.affects_from;
      synced.transaction = reason == Reason::request
                               ? TRY(mirror.take_number())
                               : TRY(mirror.begin_sync(source.id, model::TxKind::sync, from, "sync",
                                                       comment_of(tree, changes)));
      for (const auto& record : changes.records)
        TRY(mirror.put_record(source.id, tree, record.package, record.bytes, synced.transaction));
    }
    if (before.first)
      TRY(mirror.set_state(source.id, catalog::first_number_key(tree),
                           std::to_string(synced.transaction.value)));
    if (state != before.state || before.first)
      TRY(mirror.set_state(source.id, validators_key(tree), to_text(state)));
    if (titles) TRY(mirror.set_state(source.id, catalog::titles_key(tree), *titles));
    if (dated && changes.undescribed > 0) TRY(mirror.set_state(source.id, kToDescribe, "1"));
    if (reason == Reason::schedule && tree == r::kSourceTree)
      TRY(mirror.set_state(source.id, catalog::kSyncedUntil,
                           std::to_string(began.time_since_epoch().count())));
    return {};
  }));
  progress({"writing " + tree, changes.records.size(), changes.records.size()});
  return synced;
}

}  // namespace granary::mirror
