#include "net/retry.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "base/time_text.h"

namespace granary::net {
namespace {

using namespace std::chrono_literals;

TEST(Retry, DelaysDoubleUpToTheLongestAndThenGiveUp) {
  const RetryPolicy policy{.attempts = 6, .first = 100ms, .longest = 1000ms};
  struct Case {
    int failed;
    double jitter;
    std::optional<std::chrono::milliseconds> expected;
  };
  for (const auto& [failed, jitter, expected] : {
           Case{1, 0.0, 50ms},
           Case{1, 1.0, 100ms},
           Case{2, 0.0, 100ms},
           Case{2, 0.5, 150ms},
           Case{3, 1.0, 400ms},
           Case{4, 1.0, 800ms},
           Case{5, 1.0, 1000ms},
           Case{5, 0.0, 500ms},
           Case{6, 0.0, std::nullopt},
           Case{7, 0.0, std::nullopt},
           Case{0, 0.0, std::nullopt},
           Case{-1, 0.0, std::nullopt},
       }) {
    EXPECT_EQ(delay_after(policy, failed, jitter), expected) << failed << " " << jitter;
  }
}

TEST(Retry, AServersRetryAfterIsObeyedWithinTheLongest) {
  const RetryPolicy policy{.attempts = 3, .first = 100ms, .longest = 5000ms};
  EXPECT_EQ(delay_after(policy, 1, 0, 2s), 2000ms);
  EXPECT_EQ(delay_after(policy, 1, 0, 0s), 50ms);
  EXPECT_EQ(delay_after(policy, 1, 0, std::chrono::seconds::max()), 5000ms);
}

TEST(Retry, OnlyStatusesThatMayPassAreRetried) {
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(is_retryable(status)) << status;
  for (const int status : {200, 206, 301, 304, 400, 401, 403, 404, 409, 412, 416, 501})
    EXPECT_FALSE(is_retryable(status)) << status;
}

TEST(Retry, RetryAfterIsSecondsOrADate) {
  const Time now = FakeClock().now();
  EXPECT_EQ(parse_retry_after("7", now), 7s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("99999999999", now), 86'400s);
  EXPECT_EQ(parse_retry_after("Wed, 01 May 2024 12:00:09 GMT", now), 9s);
  EXPECT_EQ(parse_retry_after("Wed, 01 May 2024 11:00:00 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("soon", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("-1", now), std::nullopt);
}

TEST(Retry, WaitingPastTheDeadlineFailsAtOnce) {
  EXPECT_EQ(wait(test_context(), 1h).error().code(), Errc::deadline_exceeded);
}

TEST(Retry, WaitingEndsWhenCancelled) {
  std::stop_source stop;
  const Logger silent;
  const Context ctx(silent, stop.get_token(), Context::Clock::now() + 24h);
  const std::jthread canceller([&] { stop.request_stop(); });
  EXPECT_EQ(wait(ctx, 1h).error().code(), Errc::cancelled);
}

}  // namespace
}  // namespace granary::net
