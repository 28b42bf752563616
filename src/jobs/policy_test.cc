#include "jobs/policy.h"

#include <gtest/gtest.h>

namespace granary::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(RetryDelay, DoublesUpToTheLongest) {
  const RetryDelays delays{.first = seconds(10), .longest = minutes(1)};
  EXPECT_EQ(retry_delay(delays, 1, 0), seconds(10));
  EXPECT_EQ(retry_delay(delays, 2, 0), seconds(20));
  EXPECT_EQ(retry_delay(delays, 3, 0), seconds(40));
  EXPECT_EQ(retry_delay(delays, 4, 0), minutes(1));
  EXPECT_EQ(retry_delay(delays, std::int64_t{1} << 60, 0), minutes(1));
}

TEST(RetryDelay, ChanceTakesAwayUpToHalf) {
  const RetryDelays delays{.first = seconds(10), .longest = minutes(1)};
  EXPECT_EQ(retry_delay(delays, 1, 0.5), milliseconds(7500));
  EXPECT_EQ(retry_delay(delays, 1, 1.0), seconds(5));
}

TEST(Policy, OnlyErrorsThatMayPassAreTriedAgain) {
  EXPECT_FALSE(is_permanent(Errc::unavailable));
  EXPECT_FALSE(is_permanent(Errc::internal));
  EXPECT_TRUE(is_permanent(Errc::invalid_argument));
  EXPECT_TRUE(is_permanent(Errc::not_found));
}

TEST(Policy, EveryStateHasANameThatParses) {
  for (const auto state :
       {State::waiting, State::running, State::succeeded, State::failed, State::cancelled}) {
    EXPECT_EQ(parse_state(name_of(state)), state);
  }
  EXPECT_FALSE(parse_state("done"));
}

}  // namespace
}  // namespace granary::jobs
