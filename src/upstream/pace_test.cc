#include "upstream/pace.h"

#include <gtest/gtest.h>

#include "base/testing/test_context.h"

namespace granary::upstream {
namespace {

using namespace std::chrono_literals;
const auto kStart = Context::Clock::time_point() + 1h;

TEST(Pace, RequestsAreSpreadEvenly) {
  Pace pace(10, 1);
  EXPECT_EQ(pace.reserve(kStart), 0ms);
  EXPECT_EQ(pace.reserve(kStart), 100ms);
  EXPECT_EQ(pace.reserve(kStart + 50ms), 150ms);
}

TEST(Pace, TimeThatNobodyUsedIsLost) {
  Pace pace(10, 1);
  pace.reserve(kStart);
  EXPECT_EQ(pace.reserve(kStart + 10s), 0ms);
  EXPECT_EQ(pace.reserve(kStart + 10s), 100ms);
}

TEST(Pace, OnlySoManyHaveATurnAtOnce) {
  Pace pace(0, 2);
  auto first = pace.take(test_context()), second = pace.take(test_context());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(pace.take(test_context().with_timeout(1ms)).error().code(), Errc::deadline_exceeded);
  {
    const auto ended = *std::move(first);
  }
  EXPECT_TRUE(pace.take(test_context()));
}

}  // namespace
}  // namespace granary::upstream
