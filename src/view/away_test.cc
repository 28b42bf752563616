/// What goes on while the database cannot be asked.

#include "base/away.h"

#include <gtest/gtest.h>

#include "catalog/testing/interrupted.h"
#include "view/own_sources.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

using catalog::Interrupted;

class Away : public testing::Test {
 protected:
  Away() {
    views = make_views(interrupted, *world.database, world.clock, 1 << 20);
    mine = world.source("mine");
    repository = world.repository("r", {mine});
    first = world.publish(mine, "demo", "1.0");
  }
  std::string versions(const model::SnapshotRef& ref = model::Latest{}) {
    const auto snapshot = views->resolve(world.ctx, "r", ref);
    if (!snapshot) return snapshot.error().message();
    const auto narrowed = views->project(world.ctx, *snapshot, "demo");
    if (!narrowed) return narrowed.error().message();
    const auto file = views->find_file(world.ctx, *narrowed, "demo", "demo_1.0.tar.gz");
    if (!file) return file.error().message();
    return *file ? (*file)->version : "none";
  }
  bool is_denied(const std::string& package) {
    const auto narrowed =
        views->project(world.ctx, *views->resolve(world.ctx, "r", model::Latest{}), package);
    return narrowed && narrowed->pins.empty();
  }

  World world;
  std::shared_ptr<Interrupted> interrupted = std::make_shared<Interrupted>(world.catalog);
  std::shared_ptr<Views> views;
  model::SourceId mine;
  model::RepoId repository;
  model::TxNo first;
};

TEST_F(Away, WhatWasSeenGoesOnAfterChangesThatCannotBeRead) {
  ASSERT_EQ(versions(), "1.0");
  interrupted->away = true;
  EXPECT_EQ(versions(), "1.0");
  world.publish(mine, "demo", "1.1");
  EXPECT_EQ(versions(), "1.0");
  world.subscribe(repository, {mine, world.source("more")});  // the listing is out of date too
  EXPECT_EQ(versions(), "1.0");
  EXPECT_FALSE(views->resolve(world.ctx, "r", model::Latest{})->fresh.holds());

  interrupted->away = false;
  EXPECT_EQ(views->resolve(world.ctx, "r", model::Latest{})->pins.front().at.value, first.value + 1);
  EXPECT_TRUE(views->resolve(world.ctx, "r", model::Latest{})->fresh.holds());
}

TEST_F(Away, NamesAreDeniedAndOldNumbersResolvedFromMemory) {
  ASSERT_EQ(versions(), "1.0");
  world.publish(mine, "other", "1.0");
  ASSERT_FALSE(is_denied("other"));
  interrupted->away = true;
  const auto reads = interrupted->reads;
  EXPECT_TRUE(is_denied("nothing"));
  EXPECT_FALSE(is_denied("demo"));
  EXPECT_EQ(versions(first), "1.0");
  EXPECT_EQ(interrupted->reads, reads);
}

TEST_F(Away, WhatWasHeardOfAndCannotBeReadIsNotDenied) {
  ASSERT_EQ(versions(), "1.0");
  interrupted->away = true;
  world.publish(mine, "news", "1.0");
  const auto resolved = views->resolve(world.ctx, "r", model::Latest{});
  ASSERT_TRUE(resolved);
  const auto narrowed = views->project(world.ctx, *resolved, "news");
  ASSERT_FALSE(narrowed);
  EXPECT_EQ(narrowed.error().code(), Errc::unavailable);
  EXPECT_TRUE(is_denied("nothing")) << "of which nothing was heard";
  // It is back between the two questions.
  interrupted->away = false;
  const auto late = views->project(world.ctx, *resolved, "news");
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().brief());
  interrupted->away = true;
  EXPECT_EQ(versions(), "1.0");
  interrupted->away = false;
  EXPECT_FALSE(is_denied("news"));
  EXPECT_TRUE(is_denied("nothing"));
}

TEST_F(Away, ARepositoryThatMayHaveComeIsNotDenied) {
  ASSERT_EQ(versions(), "1.0");
  interrupted->away = true;
  EXPECT_EQ(views->resolve(world.ctx, "other", model::Latest{}).error().code(), Errc::not_found);
  world.repository("other", {mine});
  EXPECT_EQ(views->resolve(world.ctx, "other", model::Latest{}).error().code(), Errc::unavailable);
  interrupted->away = false;
  EXPECT_TRUE(views->resolve(world.ctx, "other", model::Latest{}));
  EXPECT_EQ(views->resolve(world.ctx, "another", model::Latest{}).error().code(), Errc::not_found);
}

TEST_F(Away, WhatWasNeverSeenIsUnavailable) {
  interrupted->away = true;
  const auto resolved = views->resolve(world.ctx, "r", model::Latest{});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code(), Errc::unavailable);
}

TEST_F(Away, AFileThatIsNotKnownIsNotDenied) {
  ASSERT_EQ(versions(), "1.0");
  world.publish(mine, "demo", "1.1");
  interrupted->away = true;
  const auto snapshot = views->resolve(world.ctx, "r", model::Latest{});
  ASSERT_TRUE(snapshot);
  const auto narrowed = views->project(world.ctx, *snapshot, "demo");
  ASSERT_TRUE(narrowed);
  const auto file = views->find_file(world.ctx, *narrowed, "demo", "demo_1.1.tar.gz");
  ASSERT_FALSE(file) << "another node has shown it";
  EXPECT_EQ(file.error().code(), Errc::unavailable);
  EXPECT_EQ(versions(), "1.0");
}

TEST_F(Away, TheFilesOfAPageNeedNoReadOfTheirOwn) {
  const auto snapshot = views->resolve(world.ctx, "r", model::Latest{});
  ASSERT_TRUE(snapshot);
  const auto narrowed = views->project(world.ctx, *snapshot, "demo");
  ASSERT_TRUE(narrowed);
  const auto page = views->content(world.ctx, *narrowed, "demo");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->files.size(), 1u);
  interrupted->away = true;
  EXPECT_EQ(versions(), "1.0");
}

TEST_F(Away, AnUploadCostsOneReadAndThenNoneWhateverIsAskedFor) {
  for (const auto* name : {"p1", "p2", "p3"}) world.publish(mine, name, "1.0");
  ASSERT_EQ(versions(), "1.0");
  world.publish(mine, "news", "1.0");
  const auto reads = interrupted->reads;
  for (const auto* name : {"p1", "p2", "p3", "nothing", "demo"}) EXPECT_EQ(is_denied(name), name[0] == 'n');
  EXPECT_EQ(versions(), "1.0");
  EXPECT_EQ(interrupted->reads, reads + 1);
}

TEST_F(Away, AnotherDatabaseThanBeforeIsReadWhole) {
  OwnSources own(interrupted);
  const auto last = world.publish(mine, "later", "1.0");
  ASSERT_EQ(own.last_change(world.ctx, mine, last, "later")->value, last.value);

  World restored;  // an older state
  ASSERT_EQ(restored.source("mine"), mine);
  restored.publish(mine, "demo", "1.0");
  interrupted->replace(restored.catalog);
  ASSERT_TRUE(own.look(world.ctx, mine));
  EXPECT_EQ(own.resolve(world.ctx, mine, model::Latest{})->value, first.value);
  EXPECT_EQ(own.last_change(world.ctx, mine, first, "later")->value, 0);
}

}  // namespace
}  // namespace granary::view
