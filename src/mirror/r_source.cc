#include "mirror/r_source.h"

#include <algorithm>

#include "base/text.h"
#include "catalog/mirror_keys.h"
#include "mirror/bioc_config.h"
#include "mirror/notes.h"
#include "mirror/r_tree.h"
#include "r/tree_name.h"

namespace granary::mirror {
namespace {

/// So long a tree that upstream has not is not asked for again.
constexpr std::chrono::minutes kAbsent{10};
/// So long nobody else waits for an upstream that has just failed.
constexpr std::chrono::seconds kFailed{10};
/// Of trees that strangers may have asked for.
constexpr std::size_t kEntries = 4096;

Result<bool> is_known(const Parts& parts, const Context& ctx, model::SourceId source,
                      const std::string& tree) {
  bool known = false;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    known = !TRY(view.mirrors().state(source, catalog::first_number_key(tree))).empty();
    return {};
  }));
  return known;
}

/// Those that were read before.
Result<std::vector<std::string>> known_trees(const Parts& parts, const Context& ctx, model::SourceId source) {
  std::vector<std::string> trees;
  const auto prefix = catalog::first_number_key("");
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    trees.clear();
    for (const auto& [key, value] : TRY(view.mirrors().states(source))) {
      if (key.starts_with(prefix) && r::is_tree_name(key.substr(prefix.size())))
        trees.push_back(key.substr(prefix.size()));
    }
    return {};
  }));
  return trees;
}

void add(Synced& all, const Synced& one) {
  all.transaction = std::max(all.transaction, one.transaction);
  all.packages += one.packages;
  all.removed += one.removed;
  all.skipped += one.skipped;
  if (all.problem.empty()) all.problem = one.problem;
}

}  // namespace

Result<Synced> sync_r_source(const Parts& parts, const Context& ctx, const model::Source& source,
                             const Progress& progress) {
  Synced all;
  std::vector<std::string> trees = {std::string(r::kSourceTree)};
  if (source.type == model::SourceType::bioconductor) {
    auto config = TRY(sync_bioc_config(parts, ctx, source));
    trees = std::move(config.trees);
    add(all, config.synced);
  }
  const auto required = trees.size();
  for (auto& tree : TRY(known_trees(parts, ctx, source.id))) {
    if (std::find(trees.begin(), trees.end(), tree) == trees.end()) trees.push_back(std::move(tree));
  }
  std::optional<Error> failed;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    TRY(ctx.check());
    auto one = sync_r_tree(parts, ctx, source, trees[i], Reason::schedule, progress);
    if (one) {
      add(all, *one);
      continue;
    }
    const auto code = one.error().code();
    if (code == Errc::cancelled || code == Errc::deadline_exceeded) return one;
    const bool may_lack = source.type == model::SourceType::bioconductor || i >= required;
    if (code == Errc::not_found && may_lack)
      continue;  // a release without books; a tree of an R that is no more
    if (!failed) failed = std::move(one).error();
  }
  if (failed) return tl::unexpected(*std::move(failed));
  return all;
}

Result<> RTreesOnDemand::want(const Context& ctx, model::SourceId id, const std::string& tree) {
  const auto absent = [&] {
    return fail(Errc::not_found, "upstream has no packages under " + tree,
                "check the version of R in the URL");
  };
  if (!r::is_tree_name(tree)) return absent();
  const auto held = entry(id, tree);
  // Those who wait hold a worker each: no longer than they may, and not every one there is.
  std::optional<RemoteWaits::Turn> turn;
  std::unique_lock lock(held->fetching, std::try_to_lock);
  if (!lock) {
    turn.emplace(TRY(ctx.wait_for_remote()));
    if (!lock.try_lock_until(ctx.deadline()))
      return fail(Errc::unavailable, "upstream did not answer in time", "try again");
  }
  if (held->known) return {};
  if (held->failed && parts_.clock->now() < held->failed->first + kFailed)
    return tl::unexpected(held->failed->second);
  if (held->absent_at && parts_.clock->now() < *held->absent_at + kAbsent) return absent();
  const auto there = is_known(parts_, ctx, id, tree);
  if (!there && held->was_known) return {};  // the database is away: what it was goes on
  if (!TRY(Result<bool>(there))) {
    const auto source = TRY(mirror_source(parts_, ctx, id));
    if (is_offline(source)) return absent();
    const auto synced = sync_r_tree(parts_, ctx, source, tree, Reason::request, [](const Step&) {});
    if (!synced && synced.error().code() == Errc::not_found) {
      held->absent_at = parts_.clock->now();
      return absent();
    }
    if (!synced && synced.error().brief())
      return tl::unexpected(synced.error());  // our own database, not upstream
    if (!synced) {
      held->failed.emplace(parts_.clock->now(), for_clients(synced.error()));
      note_problem(parts_, id, kPageProblem, synced.error());
      return tl::unexpected(held->failed->second);
    }
  }
  held->known = true;
  return {};
}

/// Who asks for one just now ends with an entry that nobody else sees any more.
void RTreesOnDemand::forget(std::optional<model::SourceId> source) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, held] : entries_) {
    if (source && key.first != source->value) continue;
    auto anew = std::make_shared<Entry>();
    anew->was_known = !source && (held->known || held->was_known);  // one that was cleared is gone
    held = std::move(anew);
  }
}

std::shared_ptr<RTreesOnDemand::Entry> RTreesOnDemand::entry(model::SourceId source,
                                                             const std::string& tree) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kEntries) entries_.clear();
  auto& at = entries_[{source.value, tree}];
  if (!at) at = std::make_shared<Entry>();
  return at;
}

}  // namespace granary::mirror
