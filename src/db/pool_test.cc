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
    return Pool<Connection>(
        limits,
        [this](const Context&, int others) -> Result<std::unique_ptr<Connection>> {
          if (down) return fail(Errc::unavailable, "down");
          if (living >= room) return fail(Errc::unavailable, kFull);
          EXPECT_EQ(others, living);
          return std::make_unique<Connection>(living);
        },
        [](const Error& error) { return error.message() == kFull; });
  }
  Context ctx = test_context();
  static constexpr auto kFull = "no room";
  int living = 0, room = 100;
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

TEST_F(PoolTest, WhenThereIsNoRoomForMoreThoseThatThereAreAreShared) {
  auto pool = make({.open = 8, .idle = 1});
  room = 2;
  {
    auto a = std::make_unique<Result<Pool<Connection>::Lease>>(pool.acquire(ctx));
    const auto b = pool.acquire(ctx);
    Result<Pool<Connection>::Lease> c = fail(Errc::internal, "not yet");
    EXPECT_EQ(pool.acquire(ctx.with_timeout(std::chrono::milliseconds(20))).error().code(),
              Errc::deadline_exceeded);
    EXPECT_EQ(pool.stats().in_use, 2);
    std::jthread waiting(
        [&] { EXPECT_FALSE(pool.acquire(ctx).value().fresh()) << "it waits for that of another"; });
    a.reset();
    waiting.join();
  }
  EXPECT_LE(living, 2);
  room = 0;
  pool.clear();
  EXPECT_EQ(pool.acquire(ctx).error().message(), kFull) << "there is none to wait for";
  EXPECT_EQ(pool.stats().in_use, 0);
}

TEST_F(PoolTest, MoreAreAskedForAfterAMoment) {
  auto pool = make({.open = 8, .idle = 8, .fewer_for = std::chrono::milliseconds(200)});
  room = 1;
  const auto a = pool.acquire(ctx);
  EXPECT_FALSE(pool.acquire(ctx.with_timeout(std::chrono::milliseconds(20))));
  room = 8;
  EXPECT_TRUE(pool.acquire(ctx).value().fresh()) << "although none is given back";
}

TEST_F(PoolTest, WhoWaitedBeforeThereWereFewerHearsThatThereAreMoreAgain) {
  auto pool = make({.open = 2, .idle = 2, .fewer_for = std::chrono::milliseconds(200)});
  auto a = std::make_unique<Result<Pool<Connection>::Lease>>(pool.acquire(ctx));
  const auto b = pool.acquire(ctx);
  std::jthread waiting([&] { EXPECT_TRUE(pool.acquire(ctx).value().fresh()); });
  while (pool.stats().waits == 0) std::this_thread::yield();
  pool.give_way();
  a.reset();  // closed, and no place for another for a while
  waiting.join();
}

TEST_F(PoolTest, GivesWay) {
  auto pool = make({.open = 4, .idle = 4, .fewer_for = std::chrono::hours(1)});
  {
    const auto a = pool.acquire(ctx), b = pool.acquire(ctx), c = pool.acquire(ctx);
    pool.give_way();
  }
  EXPECT_EQ(living, 2) << "of three in use the first that came back is closed";
  pool.give_way();
  EXPECT_EQ(living, 1) << "an idle one at once";
  pool.give_way();
  EXPECT_EQ(living, 1);
  EXPECT_FALSE(pool.acquire(ctx)->fresh());
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
