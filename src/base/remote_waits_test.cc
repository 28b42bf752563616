#include "base/remote_waits.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/context.h"
#include "base/log.h"

namespace granary {
namespace {

bool another_enters(RemoteWaits& waits) {
  bool entered = false;
  std::thread([&] { entered = waits.enter().has_value(); }).join();
  return entered;
}

TEST(RemoteWaits, SoManyAndNoMore) {
  RemoteWaits waits(1);
  {
    const auto turn = waits.enter();
    ASSERT_TRUE(turn);
    EXPECT_FALSE(another_enters(waits));
    const auto nested = waits.enter();
    EXPECT_TRUE(nested) << "who waits already counts once";
  }
  EXPECT_TRUE(another_enters(waits));
}

TEST(RemoteWaits, AThreadKeepsItsTurnWhenANestedOneEnds) {
  RemoteWaits waits(1);
  const auto turn = waits.enter();
  {
    const auto nested = waits.enter();
  }
  EXPECT_FALSE(another_enters(waits));
}

TEST(RemoteWaits, AContextWithoutALimitNeverRefuses) {
  const Logger log;
  const Context free(log, {}, Context::Clock::time_point::max());
  RemoteWaits waits(1);
  const auto limited = free.with_remote_waits(waits);
  const auto turn = limited.wait_for_remote();
  ASSERT_TRUE(turn);
  std::thread([&] {
    EXPECT_TRUE(free.wait_for_remote());
    const auto refused = limited.with_timeout(std::chrono::seconds(1)).wait_for_remote();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unavailable);
    EXPECT_TRUE(refused.error().crowded());
  }).join();
}

}  // namespace
}  // namespace granary
