#include "mirror/sources.h"

#include <gtest/gtest.h>

#include "mirror/testing/world.h"

namespace granary::mirror {
namespace {

using SourcesTest = World;
const std::chrono::sys_days kDay = std::chrono::year(2020) / 7 / 9;

TEST_F(SourcesTest, AMirrorRemembersItsUpstream) {
  const model::Upstream given{"https://cran.example/", "http://proxy:1", "/ca.pem", "me", "secret"};
  const auto made = create_source(parts, ctx, {.name = "cran", .upstream = given}).value();
  EXPECT_EQ(made.upstream.url, "https://cran.example");
  EXPECT_EQ(made.upstream.password, "secret");
  EXPECT_EQ(made.type, model::SourceType::cran);
}

TEST_F(SourcesTest, TheSameNameAgainIsAConflictUnlessItMayBe) {
  ASSERT_TRUE(create_source(parts, ctx, {.name = "cran"}));
  EXPECT_EQ(create_source(parts, ctx, {.name = "cran"}).error().code(), Errc::conflict);
  EXPECT_TRUE(create_source(parts, ctx, {.name = "cran", .succeed_on_existing = true}));
  EXPECT_EQ(create_source(parts, ctx,
                          {.name = "cran", .type = model::SourceType::pypi, .succeed_on_existing = true})
                .error()
                .code(),
            Errc::conflict);
}

TEST_F(SourcesTest, WhatIsNoUpstreamIsRefusedAtOnce) {
  EXPECT_EQ(create_source(parts, ctx, {.name = "cran", .upstream = {.url = "ftp://a.b"}}).error().code(),
            Errc::invalid_argument);
  EXPECT_EQ(create_source(parts, ctx, {.name = "x", .type = model::SourceType::local}).error().code(),
            Errc::invalid_argument);
}

TEST_F(SourcesTest, ASnapshotShowsTheOnlySourceOfCran) {
  const NewSource snapshot{.name = "y2020", .type = model::SourceType::cran_snapshot, .frozen_at = kDay};
  EXPECT_EQ(create_source(parts, ctx, snapshot).error().code(), Errc::not_found);
  const auto cran = make_source("cran", model::SourceType::cran);
  const auto made = create_source(parts, ctx, snapshot).value();
  EXPECT_EQ(made.frozen_of, cran);
  EXPECT_EQ(made.frozen_at, kDay);
  make_source("other", model::SourceType::cran);
  auto second = snapshot;
  second.name = "again";
  EXPECT_EQ(create_source(parts, ctx, second).error().code(), Errc::invalid_argument);
  second.frozen_of = "other";
  EXPECT_TRUE(create_source(parts, ctx, second));
}

TEST_F(SourcesTest, OnlyASnapshotHasADay) {
  EXPECT_EQ(create_source(parts, ctx, {.name = "a", .frozen_at = kDay}).error().code(),
            Errc::invalid_argument);
  EXPECT_EQ(create_source(parts, ctx, {.name = "a", .type = model::SourceType::cran_snapshot}).error().code(),
            Errc::invalid_argument);
}

TEST_F(SourcesTest, WhatIsNotChangedStays) {
  ASSERT_TRUE(create_source(parts, ctx, {.name = "cran", .upstream = {.url = "https://a.b", .user = "me"}}));
  const auto changed = change_upstream(parts, ctx, "cran", {.url = "https://c.d/"}).value();
  EXPECT_EQ(changed.upstream.url, "https://c.d");
  EXPECT_EQ(changed.upstream.user, "me");
  make_source("own", model::SourceType::local);
  EXPECT_EQ(change_upstream(parts, ctx, "own", {.url = "https://c.d"}).error().code(),
            Errc::invalid_argument);
  EXPECT_EQ(change_upstream(parts, ctx, "none", {.url = "https://c.d"}).error().code(), Errc::not_found);
}

}  // namespace
}  // namespace granary::mirror
