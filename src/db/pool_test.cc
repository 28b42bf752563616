#include "db/pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/testing/test_context.h"

namespace granary::db {
namespace {

struct Connection {
  explicit Connection(int& counted) : living(&counted) { ++*living; }
  ~Connection() { --*living; }
  int* living;
};

class PoolTest : public ::testing::Test {
 protected:
  Pool<Connection> make(PoolLimits limits) {
    return Pool<Connection>(limits, [this](const Context&) -> Result<std::unique_ptr<Connection>> {
      if (down) return fail(Errc::unavailable, "down");
      return std::make_unique<Connection>(living);
    });
  }
  Context ctx = test_context();
  int living = 0;
  bool down = false;
};

TEST_F(PoolTest, AConnectionIsUsedAgain) {
  auto pool = make({.open = 2, .idle = 2});
  EXPECT_TRUE(pool.acquire(ctx)->fresh());
  EXPECT_FALSE(pool.acquire(ctx)->fresh());
  EXPECT_EQ(pool.stats().open, 1);
}

TEST_F(PoolTest, MoreThanTheMostIdleAreClosed) {
  auto pool = make({.open = 3, .idle = 1});
  {
    const auto a = pool.acquire(ctx), b = pool.acquire(ctx), c = pool.acquire(ctx);
    EXPECT_EQ(living, 3);
  }
  EXPECT_EQ(living, 1);
}

TEST_F(PoolTest, WhoWaitsPastTheDeadlineIsToldSo) {
  auto pool = make({.open = 1, .idle = 1});
  const auto only = pool.acquire(ctx);
  EXPECT_EQ(pool.acquire(ctx.with_timeout(std::chrono::milliseconds(20))).error().code(),
            Errc::deadline_exceeded);
  EXPECT_EQ(pool.stats().waits, 1u);
  EXPECT_EQ(pool.stats().in_use, 1);
}

TEST_F(PoolTest, WhoWaitsGetsWhatIsGivenBack) {
  auto pool = make({.open = 1, .idle = 1});
  auto only = std::make_unique<Result<Pool<Connection>::Lease>>(pool.acquire(ctx));
  bool got = false;
  std::jthread waiting([&] { got = pool.acquire(ctx).has_value(); });
  only.reset();
  waiting.join();
  EXPECT_TRUE(got);
}

TEST_F(PoolTest, ADiscardedConnectionIsReplaced) {
  auto pool = make({.open = 1, .idle = 1});
  pool.acquire(ctx)->discard();
  EXPECT_EQ(living, 0);
  EXPECT_TRUE(pool.acquire(ctx)->fresh());
}

TEST_F(PoolTest, AFailedOpeningTakesNoPlace) {
  auto pool = make({.open = 1, .idle = 1});
  down = true;
  EXPECT_EQ(pool.acquire(ctx).error().code(), Errc::unavailable);
  down = false;
  EXPECT_TRUE(pool.acquire(ctx));
}

TEST_F(PoolTest, ALifetimeEnds) {
  auto pool = make({.open = 1, .idle = 1, .lifetime = std::chrono::milliseconds(1)});
  const auto began = Context::Clock::now();
  {
    const auto lease = pool.acquire(ctx);
    while (Context::Clock::now() - began < std::chrono::milliseconds(5)) std::this_thread::yield();
  }
  EXPECT_EQ(living, 0);
}

TEST_F(PoolTest, AnIdleTimeEnds) {
  auto pool = make({.open = 1, .idle = 1, .idle_time = std::chrono::milliseconds(1)});
  static_cast<void>(pool.acquire(ctx));
  const auto began = Context::Clock::now();
  while (Context::Clock::now() - began < std::chrono::milliseconds(5)) std::this_thread::yield();
  pool.prune();
  EXPECT_EQ(living, 0);
}

}  // namespace
}  // namespace granary::db
