#include "blob/s3/store_outage.h"

#include <gtest/gtest.h>

namespace granary::blob::s3 {
namespace {

using namespace std::chrono_literals;

TEST(StoreOutageTest, IsBriefWhileItIsYoung) {
  const StoreOutage::Time begin{100s};
  StoreOutage outage(10s);
  const auto series = outage.answers();
  EXPECT_FALSE(outage.is_brief(series, begin)) << "nothing has failed";
  outage.failed(begin);
  outage.failed(begin + 5s);
  EXPECT_TRUE(outage.is_brief(series, begin + 9s));
  EXPECT_FALSE(outage.is_brief(series, begin + 10s)) << "it began with the first failure";
}

TEST(StoreOutageTest, EndsWithAnAnswer) {
  const StoreOutage::Time begin{100s};
  StoreOutage outage(10s);
  outage.failed(begin);
  outage.answered();
  const auto series = outage.answers();
  EXPECT_FALSE(outage.is_brief(series, begin + 1s));
  outage.failed(begin + 60s);
  EXPECT_TRUE(outage.is_brief(series, begin + 69s)) << "another one";
}

TEST(StoreOutageTest, IsAnotherOneWhenNobodyAskedForLong) {
  const StoreOutage::Time begin{100s};
  StoreOutage outage(10s);
  const auto series = outage.answers();
  for (auto at = begin; at < begin + 300s; at += 100s) outage.failed(at);
  EXPECT_FALSE(outage.is_brief(series, begin + 201s)) << "asked in between";
  outage.failed(begin + 400s);
  EXPECT_TRUE(outage.is_brief(series, begin + 401s));
}

TEST(StoreOutageTest, WhatFailsWhileOthersAreAnsweredIsNone) {
  const StoreOutage::Time begin{100s};
  StoreOutage outage(10s);
  const auto series = outage.answers();
  outage.failed(begin);
  outage.answered();
  outage.failed(begin + 1s);
  EXPECT_FALSE(outage.is_brief(series, begin + 1s));
}

TEST(StoreOutageTest, WithoutPatienceNoneIs) {
  const StoreOutage::Time begin{100s};
  StoreOutage outage(0s);
  outage.failed(begin);
  EXPECT_FALSE(outage.is_brief(outage.answers(), begin));
}

}  // namespace
}  // namespace granary::blob::s3
