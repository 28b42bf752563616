/// For histories that nobody thought of: whoever holds an answer that is said to be fresh holds the right
/// one, and a change of one package leaves the answers about others alone.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "view/own_sources.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

constexpr int kSteps = 10;
const std::vector<std::string> kPackages = {"aaa", "bbb", "ccc", "ddd"};

class Repository : public World {
 public:
  Repository() { repository("r", sources); }

  /// Without anything that is kept in memory.
  std::string truth(const model::SnapshotRef& ref, const std::string& package) const {
    std::string all;
    const auto read = catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      for (const auto source : sources) {
        const auto at = TRY(view.resolve(source, ref));
        for (const auto& file : TRY(view.files(source, at, package)))
          all += (all.empty() ? "" : " ") + file.version + (file.archived ? "-archived" : "");
        if (!all.empty()) return {};
      }
      return {};
    });
    RC_ASSERT(read.has_value());
    return all;
  }
  std::string shown(const Snapshot& narrowed, const std::string& package) const {
    const auto files = views->files(ctx, narrowed, package);
    RC_ASSERT(files.has_value());
    std::string all;
    for (const auto& file : *files) {
      all += (all.empty() ? "" : " ") + file.version + (file.archived ? "-archived" : "");
      RC_ASSERT(views->find_file(ctx, narrowed, package, file.filename)->has_value());
    }
    return all;
  }
  Snapshot about(const model::SnapshotRef& ref, const std::string& package) const {
    auto narrowed = views->project(ctx, resolve("r", ref), package);
    RC_ASSERT(narrowed.has_value());
    return *std::move(narrowed);
  }

  /// One change of one package; its number, 0 when nothing could be done.
  model::TxNo step(int number, const std::string& package) {
    const auto source = *rc::gen::elementOf(sources);
    const auto files = visible(source, package);
    if (files.empty() || *rc::gen::inRange(0, 3) == 0)
      return publish(source, package, std::to_string(number));
    const auto& file = *rc::gen::elementOf(files);
    return *rc::gen::arbitrary<bool>() ? remove(source, file) : archive(source, file);
  }
  std::vector<std::string> visible(model::SourceId source, const std::string& package) const {
    std::vector<std::string> names;
    RC_ASSERT(catalog
                  ->read(ctx,
                         [&](catalog::ReadView& view) -> Result<> {
                           const auto now = TRY(view.resolve(source, model::Latest{}));
                           for (const auto& file : TRY(view.files(source, now, package)))
                             names.push_back(file.filename);
                           return {};
                         })
                  .has_value());
    return names;
  }

  std::vector<model::SourceId> sources = {source("mine"), source("theirs")};
};

RC_GTEST_PROP(OwnSourcesProperty, WhatIsSaidToBeFreshIsRight, ()) {
  Repository world;
  std::vector<std::pair<std::string, Snapshot>> kept;
  std::vector<std::pair<model::TxNo, std::map<std::string, std::string>>> past;
  for (int number = 0; number < kSteps; ++number) {
    const auto package = *rc::gen::elementOf(kPackages);
    const auto tx = world.step(number, package);
    std::map<std::string, std::string> now;
    for (const auto& one : kPackages) {
      now[one] = world.truth(model::Latest{}, one);
      auto narrowed = world.about(model::Latest{}, one);
      RC_ASSERT(narrowed.fresh.holds());
      RC_ASSERT(world.shown(narrowed, one) == now[one]);
      if (*rc::gen::arbitrary<bool>()) kept.emplace_back(one, std::move(narrowed));
    }
    past.emplace_back(tx, std::move(now));
    for (const auto& [one, narrowed] : kept) {
      const auto newest = world.about(model::Latest{}, one);
      if (narrowed.fresh.holds()) RC_ASSERT(narrowed.fingerprint == newest.fingerprint);
      // The same name is the same answer, always.
      if (narrowed.fingerprint == newest.fingerprint)
        RC_ASSERT(world.shown(narrowed, one) == past.back().second.at(one));
    }
  }
  for (const auto& [tx, state] : past)
    for (const auto& [one, versions] : state) RC_ASSERT(world.shown(world.about(tx, one), one) == versions);
}

RC_GTEST_PROP(OwnSourcesProperty, AChangeLeavesAnswersAboutOthersAlone, ()) {
  Repository world;
  for (int number = 0; number < kSteps; ++number) {
    const auto package = *rc::gen::elementOf(kPackages);
    std::map<std::string, Snapshot> before;
    for (const auto& one : kPackages) before[one] = world.about(model::Latest{}, one);
    const auto whole = world.resolve("r");
    world.step(number, package);
    RC_ASSERT(!whole.fresh.holds());
    for (const auto& one : kPackages) {
      RC_ASSERT(before[one].fresh.holds() == (one != package));
      if (one != package) RC_ASSERT(before[one].fingerprint == world.about(model::Latest{}, one).fingerprint);
    }
  }
}

/// A node that is told nothing: what somebody has seen elsewhere it reads when it is asked for that.
RC_GTEST_PROP(OwnSourcesProperty, ANumberThatSomebodyHasSeenIsKnown, ()) {
  Repository world;
  OwnSources other(world.catalog);
  for (int number = 0; number < kSteps; ++number) {
    const auto package = *rc::gen::elementOf(kPackages);
    const auto tx = world.step(number, package);
    for (const auto source : world.sources) {
      const auto changed = other.last_change(world.ctx, source, tx, package);
      RC_ASSERT(changed.has_value());
      RC_ASSERT((changed->value != 0) == !world.visible(source, package).empty());
      std::vector<std::string> names;
      RC_ASSERT(other.append_names(world.ctx, source, tx, names).has_value());
      const std::set<std::string> listed(names.begin(), names.end());
      for (const auto& one : kPackages)
        RC_ASSERT(listed.contains(one) == !world.visible(source, one).empty());
    }
    RC_ASSERT(other.reached(tx));
    RC_ASSERT(!other.reached(model::TxNo{tx.value + 1}));
  }
}

}  // namespace
}  // namespace granary::view
