#include "view/pin_snapshot.h"

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

using model::SnapshotRef;

class PinSnapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    team = world.source("team");
    other = world.source("other");
    world.repository("r", {team, other});
  }
  SnapshotRef pin(PinWish wish) {
    wish.repository = "r";
    const auto made = pin_snapshot(world.ctx, *world.catalog, wish, world.clock->now());
    EXPECT_TRUE(made) << made.error().message();
    if (!made) return model::Latest{};
    const auto ref = model::parse_snapshot(made->snapshot);
    EXPECT_TRUE(ref) << made->snapshot;
    return ref.value_or(model::Latest{});
  }
  std::string versions(const SnapshotRef& ref, std::string_view package) {
    return world.versions(world.resolve("r", ref), package);
  }

  World world;
  model::SourceId team, other;
};

TEST_F(PinSnapshot, ShowsEachSourceAtItsOwnSnapshot) {
  const auto first = world.publish(team, "demo", "1.0");
  world.publish(other, "tool", "1.0");
  world.publish(team, "demo", "2.0");
  world.publish(other, "tool", "2.0");
  for (const bool alias : {true, false}) {
    const auto ref = pin({.repository = {}, .sources = {{"team", first}}, .alias = alias});
    EXPECT_EQ(versions(ref, "demo"), "1.0");
    EXPECT_EQ(versions(ref, "tool"), "1.0 2.0");
  }
}

TEST_F(PinSnapshot, StaysWhateverIsPublishedOrSubscribedLater) {
  world.publish(team, "demo", "1.0");
  const auto ref = pin({.repository = {}, .locked = true});
  const auto before = world.resolve("r", ref);
  world.publish(team, "demo", "2.0");
  world.publish(other, "tool", "1.0");
  world.subscribe(before.repository->id, {other});
  EXPECT_EQ(versions(ref, "demo"), "1.0");
  EXPECT_EQ(versions(ref, "tool"), "");
  EXPECT_EQ(world.resolve("r", ref).fingerprint, before.fingerprint);
  EXPECT_TRUE(before.settled);
}

TEST_F(PinSnapshot, TheSameWishHasTheSameName) {
  world.publish(team, "demo", "1.0");
  EXPECT_EQ(pin({.repository = {}, .locked = true}), pin({.repository = {}, .locked = true}));
}

TEST_F(PinSnapshot, ALongIdentifierShowsNoSourceThatTheRepositoryHasNot) {
  const auto secret = world.source("secret");
  world.publish(secret, "hidden", "1.0");
  world.repository("private", {secret});
  const auto made =
      pin_snapshot(world.ctx, *world.catalog, {.repository = "private", .alias = false}, world.clock->now());
  ASSERT_TRUE(made);
  EXPECT_EQ(versions(*model::parse_snapshot(made->snapshot), "hidden"), "");
}

TEST_F(PinSnapshot, UnknownNamesAreRefused) {
  const auto refused = [&](PinWish wish) {
    const auto made = pin_snapshot(world.ctx, *world.catalog, wish, world.clock->now());
    return made ? Errc::internal : made.error().code();
  };
  EXPECT_EQ(refused({.repository = "none"}), Errc::not_found);
  EXPECT_EQ(refused({.repository = "r", .sources = {{"none", model::Latest{}}}}), Errc::invalid_argument);
  EXPECT_EQ(refused({.repository = "r", .sources = {{"team", model::TxNo{1'000'000}}}}), Errc::not_found);
  EXPECT_FALSE(world.views->resolve(world.ctx, "r", *model::parse_snapshot("2024-05-01+0a1b2c3d4e5f")));
}

TEST_F(PinSnapshot, OfADayThatAMirrorWasNotSynchronisedAfterIsSettledWhenItIsLocked) {
  const auto cran = world.source("cran", model::SourceType::cran);
  world.repository("mirror", {cran});
  for (const bool locked : {true, false}) {
    for (const bool alias : {true, false}) {
      const auto made =
          pin_snapshot(world.ctx, *world.catalog, {.repository = "mirror", .locked = locked, .alias = alias},
                       world.clock->now());
      ASSERT_TRUE(made);
      EXPECT_EQ(world.resolve("mirror", *model::parse_snapshot(made->snapshot)).settled, locked);
    }
  }
}

}  // namespace
}  // namespace granary::view
