#include "blob/testing/derived_suite.h"

#include "base/testing/missing.h"

namespace granary::blob {

testing::internal::ParamGenerator<MakeDerived> derived_by(MakeDerived make) {
  return testing::Values(std::move(make));
}

void DerivedSuite::SetUp() {
  derived = GetParam()();
  if (!derived) return missing("no server for this store");
}

std::set<Digest> DerivedSuite::all() {
  std::set<Digest> out;
  EXPECT_TRUE(derived->for_each(ctx, [&](const DerivedInfo& one) -> Result<> {
    EXPECT_TRUE(out.insert(one.name).second) << "the same twice";
    return {};
  }));
  return out;
}

TEST_P(DerivedSuite, GivesWhatWasPutUnderAName) {
  const std::string bytes(200'000, 'x');
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(2);
  ASSERT_TRUE(derived->put(ctx, name("a"), bytes));
  ASSERT_TRUE(derived->put(ctx, name("empty"), ""));
  EXPECT_TRUE(derived->get(ctx, name("a"), 1 << 20).value() == bytes);
  EXPECT_EQ(derived->get(ctx, name("empty"), 1 << 20).value(), "");
  EXPECT_TRUE(derived->has(ctx, name("a")).value());
  EXPECT_FALSE(derived->has(ctx, name("b")).value());
  EXPECT_EQ(all(), (std::set{name("a"), name("empty")}));
  EXPECT_TRUE(derived->for_each(ctx, [&](const DerivedInfo& one) -> Result<> {
    EXPECT_EQ(one.size, one.name == name("a") ? bytes.size() : 0);
    EXPECT_GT(one.stored_at, before);
    return {};
  }));
}

TEST_P(DerivedSuite, WhatIsPutAgainTakesThePlace) {
  ASSERT_TRUE(derived->put(ctx, name("a"), "one"));
  ASSERT_TRUE(derived->put(ctx, name("a"), "another"));
  EXPECT_EQ(derived->get(ctx, name("a"), 100).value(), "another");
}

TEST_P(DerivedSuite, WhatIsAbsentIsNotFoundAndMayBeRemoved) {
  EXPECT_EQ(derived->get(ctx, name("a"), 100).error().code(), Errc::not_found);
  EXPECT_TRUE(derived->remove(ctx, name("a")));
  EXPECT_TRUE(all().empty());
  ASSERT_TRUE(derived->put(ctx, name("a"), "one"));
  ASSERT_TRUE(derived->remove(ctx, name("a")));
  EXPECT_EQ(derived->get(ctx, name("a"), 100).error().code(), Errc::not_found);
  EXPECT_TRUE(all().empty());
}

TEST_P(DerivedSuite, MoreThanTheLimitIsNotRead) {
  ASSERT_TRUE(derived->put(ctx, name("a"), std::string(1000, 'x')));
  EXPECT_EQ(derived->get(ctx, name("a"), 999).error().code(), Errc::too_large);
  EXPECT_TRUE(derived->get(ctx, name("a"), 1000));
}

TEST_P(DerivedSuite, TheOldestIsTrimmedFirst) {
  for (const auto* text : {"a", "b", "c"}) ASSERT_TRUE(derived->put(ctx, name(text), std::string(1000, 'x')));
  const auto old =
      std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now()) - std::chrono::hours(1);
  const auto left = remove_oldest(ctx, *derived, old, 2500).value();
  EXPECT_EQ(left.removed, 1u);
  EXPECT_EQ(left.kept, 2u);
  EXPECT_EQ(left.kept_bytes, 2000u);
  EXPECT_EQ(remove_oldest(ctx, *derived, old + std::chrono::hours(2), 1 << 20)->removed, 2u) << "too old";
  EXPECT_TRUE(all().empty());
}

}  // namespace granary::blob
