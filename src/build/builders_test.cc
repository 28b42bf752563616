#include "build/builders.h"

#include <gmock/gmock.h>

#include "build/testing/world.h"
#include "db/testing/failing_database.h"

namespace granary::build {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class BuildersTest : public testing::TestWithParam<db::testing::Kind> {
 protected:
  World world{GetParam()};
  Context ctx = test_context();
  Builders builders{world.database, world.clock, 3};
  Builds builds{world.database, world.clock};
  const std::string one = std::string(40, '1'), two = std::string(40, '2');

  Builder make(const std::string& name) {
    auto made = builders.create(ctx, world.wanted(name));
    EXPECT_TRUE(made);
    return made->builder;
  }
};

TEST_P(BuildersTest, ABuilderIsMadeWithTheJobThatBuildsWhatIsThere) {
  auto wanted = world.wanted("pkg");
  wanted.branch = "dev";
  wanted.sub_dir = "r";
  wanted.submodules = 2;
  wanted.clone_depth = 0;
  const auto made = builders.create(ctx, wanted).value();
  const auto job = world.queue->get(ctx, made.job).value();
  EXPECT_EQ(job.spec.kind, "build");
  EXPECT_EQ(job.spec.source, world.source.value);
  EXPECT_EQ(job.spec.max_attempts, 5) << "three retries, and one for a node that dies";
  EXPECT_EQ(parse_order(job.spec.arguments).value().builder, made.builder.id);
  const auto found = builders.find(ctx, world.source, "PKG").value();
  EXPECT_EQ(found.id, made.builder.id);
  EXPECT_EQ(found.branch, "dev");
  EXPECT_EQ(found.sub_dir, "r");
  EXPECT_EQ(found.submodules, 2);
  EXPECT_EQ(found.clone_depth, 0);
  EXPECT_EQ(builders.create(ctx, world.wanted("Pkg")).error().code(), Errc::conflict);
  EXPECT_EQ(builders.find(ctx, world.source, "other").error().code(), Errc::not_found);
}

TEST_P(BuildersTest, TheSameOrderIsOneJobWhileItWaits) {
  const auto builder = make("pkg");
  const auto look = builders.order(ctx, builder, {builder.id}).value();
  EXPECT_EQ(builders.order(ctx, builder, {builder.id}).value(), look);
  const auto tag = builders.order(ctx, builder, {builder.id, "v1", ""}).value();
  EXPECT_NE(tag, look);
  EXPECT_EQ(builders.order(ctx, builder, {builder.id, "v1", ""}).value(), tag);
  EXPECT_EQ(builders.order(ctx, builder, {builder.id, "-x", ""}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(builders.order(ctx, builder, {builder.id, "", "nothing"}).error().code(), Errc::invalid_argument);
}

TEST_P(BuildersTest, ABuilderIsLookedAtByOneNodeOnceInAnInterval) {
  const auto builder = make("pkg");
  EXPECT_FALSE(builders.claim_due(ctx, 5min).value());
  world.clock->advance(6min);
  EXPECT_EQ(builders.claim_due(ctx, 5min).value()->id, builder.id);
  EXPECT_FALSE(builders.claim_due(ctx, 5min).value());
}

TEST_P(BuildersTest, WhatCannotBeReachedIsLookedAtLaterAndLaterAndAfterTheOthers) {
  const auto dead = make("dead");
  world.clock->advance(1s);
  const auto alive = make("alive");
  const auto looked = [&] { return builders.get(ctx, dead.id).value(); };
  const auto due_after = [&](std::chrono::minutes time) -> std::string {
    world.clock->advance(time);
    const auto claimed = builders.claim_due(ctx, 5min).value();
    return claimed ? claimed->name : "none";
  };
  EXPECT_EQ(due_after(6min), "dead") << "the one that was looked at first";
  for (const std::chrono::minutes wait : {10min, 20min, 40min, 60min, 60min}) {
    ASSERT_TRUE(builders.note_look(ctx, dead.id, "no route to host"));
    ASSERT_TRUE(builders.pause(ctx, looked(), 5min));
    EXPECT_EQ(looked().look_pause, wait - 5min);
    EXPECT_EQ(due_after(wait - 1min), "alive");
    EXPECT_EQ(due_after(0min), "none") << wait.count();
    EXPECT_EQ(due_after(1min), "dead");
  }
  ASSERT_TRUE(builders.note_look(ctx, dead.id, ""));
  EXPECT_EQ(looked().look_pause, 0min);
  ASSERT_TRUE(builders.pause(ctx, looked(), 5min));
  EXPECT_EQ(due_after(90min), "alive") << "both are due";
  ASSERT_TRUE(builders.note_good_look(ctx, dead.id));
  EXPECT_EQ(looked().look_pause, 0min);
  ASSERT_TRUE(builders.pause(ctx, looked(), 120min));
  EXPECT_EQ(looked().look_pause, 0min) << "an interval of hours is no shorter";
}

TEST_P(BuildersTest, AnotherUrlIsLookedAtSoon) {
  ASSERT_TRUE(builders.pause(ctx, make("pkg"), 5min));
  BuilderChange change;
  change.url = "file:///srv/other";
  EXPECT_EQ(builders.edit(ctx, world.source, "pkg", change).value().url, "file:///srv/other");
  EXPECT_TRUE(builders.claim_due(ctx, 5min).value());
  change.url = "ext::sh";
  EXPECT_EQ(builders.edit(ctx, world.source, "pkg", change).error().code(), Errc::invalid_argument);
  EXPECT_EQ(builders.edit(ctx, world.source, "none", {}).error().code(), Errc::not_found);
}

TEST_P(BuildersTest, APackageIsMadeByOneBuilderOfASource) {
  const auto first = make("one"), second = make("two");
  EXPECT_TRUE(builders.claim_package(ctx, first, "pkg"));
  EXPECT_TRUE(builders.claim_package(ctx, first, "pkg"));
  EXPECT_EQ(builders.claim_package(ctx, second, "pkg").error().code(), Errc::invalid_argument);
  EXPECT_EQ(builders.claim_package(ctx, first, "other").error().code(), Errc::invalid_argument);
  EXPECT_TRUE(builders.remove(ctx, world.source, "one"));
  EXPECT_TRUE(builders.claim_package(ctx, second, "pkg"));
}

TEST_P(BuildersTest, WhoWaitsForAnotherJobOfTheBuilderWritesNothing) {
  const auto builder = make("pkg");
  const std::vector<std::string> kinds = {"build"};
  const auto first = world.queue->lease(ctx, "node", kinds, 1min).value();
  ASSERT_TRUE(first);
  const auto counted = std::make_shared<db::testing::FailingDatabase>(world.database);
  Builders waiting{counted, world.clock, 3};
  ASSERT_EQ(waiting.claim_building(ctx, builder.id, first->id).value(), first->id);
  counted->fail_at(0);
  EXPECT_EQ(waiting.claim_building(ctx, builder.id, 77).value(), first->id);
  EXPECT_EQ(counted->steps(), 1) << "one read";
}

TEST_P(BuildersTest, BuildsAreOpenUntilTheyEnd) {
  const auto builder = make("pkg");
  ASSERT_TRUE(builds.order(ctx, builder, 7, {{{"HEAD", one}, {"refs/tags/v2", two}}, one, {{"v2", two}}}));
  EXPECT_EQ(builders.get(ctx, builder.id).value().head, one);
  EXPECT_THAT(builds.known_tags(ctx, builder.id).value(), ElementsAre(RemoteRef{"v2", two}));
  auto open = builds.open(ctx, 7).value();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_FALSE(builds.is_built(ctx, builder.id, one).value());
  ASSERT_TRUE(builds.note_files(ctx, open[0], {{"pkg_1.0.tar.gz", Digest{}}}));
  EXPECT_EQ(builds.digests_of(ctx, builder.id, one).value().size(), 1U);
  ASSERT_TRUE(builds.succeed(ctx, open[0], {"pkg", "1.0", 5}));
  EXPECT_TRUE(builds.is_built(ctx, builder.id, one).value());
  const auto error = fail(Errc::unavailable, "broken", "look").value();
  ASSERT_TRUE(builds.note_failure(ctx, open[1], error, Builds::After::tried_again));
  ASSERT_EQ(builds.open(ctx, 7).value().size(), 1U);
  ASSERT_TRUE(builds.note_failure(ctx, open[1], error, Builds::After::over));
  EXPECT_TRUE(builds.open(ctx, 7).value().empty());
  const auto all = builds.list(ctx, {.source = world.source}).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].error, "broken; look");
  EXPECT_EQ(all[0].state, Build::State::failed);
  EXPECT_THAT(all[1].files, ElementsAre("pkg_1.0.tar.gz"));
  EXPECT_EQ(all[1].transaction, 5);
  EXPECT_EQ(builds.list(ctx, {.limit = 1, .offset = 1}).value().at(0).id, all[1].id);
}

TEST_P(BuildersTest, ASourceTakesItsBuildersAlong) {
  const auto builder = make("pkg");
  ASSERT_TRUE(builds.order(ctx, builder, 7, {{{"HEAD", one}}, one, {{"v1", one}}}));
  ASSERT_TRUE(builds.note_files(ctx, builds.open(ctx, 7).value().at(0), {{"f", Digest{}}}));
  ASSERT_TRUE(world.catalog->write(
      ctx, [&](catalog::WriteView& view) -> Result<> { return view.delete_source(world.source); }));
  EXPECT_TRUE(builders.list(ctx, {}).value().empty());
  EXPECT_TRUE(builds.list(ctx, {}).value().empty());
  EXPECT_EQ(builders.get(ctx, builder.id).error().code(), Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(Every, BuildersTest, testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::build
