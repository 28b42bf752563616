#include "build/plan.h"

#include <gtest/gtest.h>

namespace granary::build {
namespace {

const std::string kOld(40, '1'), kNew(40, '2');

Builder builder_of(Trigger trigger, std::string head = {}) {
  Builder out;
  out.id = 1;
  out.trigger = trigger;
  out.head = std::move(head);
  return out;
}

Known known_of(std::vector<RemoteRef> tags, bool built) {
  return {std::move(tags), [built](std::string_view) { return Result<bool>(built); }};
}

using Refs = std::vector<RemoteRef>;

TEST(Plan, ACommitIsBuiltOnceAndAgainWhenItFailedOrIsAskedFor) {
  const Refs refs = {{"HEAD", kNew}};
  const auto first = plan(builder_of(Trigger::commits, kOld), {1}, refs, known_of({}, false)).value();
  EXPECT_EQ(first.wanted, refs);
  EXPECT_EQ(first.head, kNew);
  const auto built = plan(builder_of(Trigger::commits, kNew), {1}, refs, known_of({}, true)).value();
  EXPECT_TRUE(built.wanted.empty());
  const auto failed = plan(builder_of(Trigger::commits, kNew), {1}, refs, known_of({}, false)).value();
  EXPECT_EQ(failed.wanted, refs);
  Order again{1};
  again.again = true;
  EXPECT_EQ(plan(builder_of(Trigger::commits, kNew), again, refs, known_of({}, true)).value().wanted, refs);
}

TEST(Plan, ABranchThatWentBackToABuiltCommitIsOnlyRemembered) {
  const auto back =
      plan(builder_of(Trigger::commits, kNew), {1}, {{"HEAD", kOld}}, known_of({}, true)).value();
  EXPECT_TRUE(back.wanted.empty());
  EXPECT_EQ(back.head, kOld);
}

TEST(Plan, OfTheTagsThatWereThereOnlyTheNewestIsBuilt) {
  const Refs tags = {{"v1", kOld}, {"v2", kNew}};
  const auto first = plan(builder_of(Trigger::tags), {1}, tags, known_of({}, false)).value();
  EXPECT_EQ(first.wanted, (Refs{{"refs/tags/v2", kNew}}));
  EXPECT_EQ(first.tags, tags);
}

TEST(Plan, AnOrderForOneTagBeforeTheFirstLookDoesNotMakeTheOthersNew) {
  const Refs tags = {{"v1", kOld}, {"v2", kOld}, {"v3", kNew}};
  const auto builder = builder_of(Trigger::tags);
  Order again{1};
  again.again = true;
  for (const auto& order : {again, Order{1, "v1", ""}}) {
    const auto first = plan(builder, order, tags, known_of({}, false)).value();
    EXPECT_EQ(first.wanted.size(), 1U);
    EXPECT_EQ(first.tags, tags);
    EXPECT_TRUE(plan(builder, {1}, tags, known_of(first.tags, false)).value().wanted.empty());
  }
  EXPECT_TRUE(
      plan(builder_of(Trigger::commits), {1, "v1", ""}, tags, known_of({}, false)).value().tags.empty());
}

TEST(Plan, AllTheTagsOfARepositoryThatHadNoneAreNew) {
  auto builder = builder_of(Trigger::tags);
  const auto empty = plan(builder, {1}, {}, known_of({}, false)).value();
  EXPECT_TRUE(empty.tags_seen);
  builder.tags_seen = empty.tags_seen;
  const Refs tags = {{"v1", kOld}, {"v2", kNew}};
  EXPECT_EQ(plan(builder, {1}, tags, known_of({}, false)).value().wanted.size(), 2U);
}

TEST(Plan, LaterEveryTagThatIsNewOrWasMovedIsBuilt) {
  const Refs before = {{"v1", kOld}, {"v2", kOld}};
  const Refs now = {{"v1", kOld}, {"v2", kNew}, {"v3", kNew}};
  const auto later = plan(builder_of(Trigger::tags), {1}, now, known_of(before, true)).value();
  EXPECT_EQ(later.wanted, (Refs{{"refs/tags/v2", kNew}, {"refs/tags/v3", kNew}}));
  EXPECT_EQ(news(builder_of(Trigger::tags), now, before), (Refs{{"v2", kNew}, {"v3", kNew}}));
  EXPECT_TRUE(news(builder_of(Trigger::tags), now, now).empty());
}

TEST(Plan, OfVeryManyTagsTheNewestAreWatched) {
  Refs tags;
  for (int i = 0; i < 5000; ++i) tags.push_back({"v" + std::to_string(i), kOld});
  const auto first = plan(builder_of(Trigger::tags), {1}, tags, known_of({}, false)).value();
  EXPECT_EQ(first.tags.size(), kWatchedTags);
  EXPECT_EQ(first.wanted, (Refs{{"refs/tags/v4999", kOld}}));
  EXPECT_TRUE(news(builder_of(Trigger::tags), tags, first.tags).empty());
  EXPECT_TRUE(plan(builder_of(Trigger::tags), {1, "v3", ""}, tags, known_of({}, true))) << "any by its name";
}

TEST(Plan, AnOrderForATagOrACommitBuildsThat) {
  const Refs tags = {{"v1", kOld}, {"v2", kNew}};
  EXPECT_EQ(plan(builder_of(Trigger::commits), {1, "v1", ""}, tags, known_of({}, true)).value().wanted,
            (Refs{{"refs/tags/v1", kOld}}));
  EXPECT_EQ(plan(builder_of(Trigger::tags), {1, "v9", ""}, tags, known_of({}, true)).error().code(),
            Errc::not_found);
  EXPECT_EQ(plan(builder_of(Trigger::tags), {1, "", kOld}, {}, known_of({}, true)).value().wanted,
            (Refs{{"", kOld}}));
}

TEST(Plan, WhatWasGivenUpForAnOutageIsOrderedAgainLaterAndLater) {
  using std::chrono::minutes;
  EXPECT_EQ(again_after(0), minutes(0));
  EXPECT_EQ(again_after(1), minutes(10));
  EXPECT_EQ(again_after(3), minutes(40));
  EXPECT_EQ(again_after(100), minutes(360));
}

TEST(Plan, ARepositoryWithoutTagsHasNothing) {
  EXPECT_TRUE(plan(builder_of(Trigger::tags), {1}, {}, known_of({}, false)).value().wanted.empty());
  EXPECT_TRUE(news(builder_of(Trigger::tags), {}, {}).empty());
}

}  // namespace
}  // namespace granary::build
