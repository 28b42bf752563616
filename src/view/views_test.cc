#include "view/views.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "db/open.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

using model::AsOf;
using model::Latest;
using model::TxNo;
using std::chrono::sys_days;

const sys_days kFirstOfMay = std::chrono::year(2024) / 5 / 1;

std::string all_files(const World& world, const Snapshot& snapshot) {
  std::string all;
  const auto done =
      world.views->for_each_file(world.ctx, snapshot, [&](const model::FileRecord& file) -> Result<> {
        all += file.filename + " ";
        return {};
      });
  return done ? all : "error: " + done.error().message();
}

TEST(Views, ShowAChangeToTheVeryNextRequest) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  const auto before = world.resolve("r");
  EXPECT_TRUE(before.fresh.holds());

  world.publish(source, "demo", "1.0");

  EXPECT_FALSE(before.fresh.holds());
  const auto after = world.resolve("r");
  EXPECT_NE(before.fingerprint, after.fingerprint);
  EXPECT_EQ(world.versions(after, "demo"), "1.0");
  EXPECT_EQ(world.versions(before, "demo"), "");
}

TEST(Views, AreNotDisturbedByOtherSources) {
  World world;
  const auto mine = world.source("mine");
  const auto other = world.source("other");
  world.repository("r", {mine});
  world.publish(mine, "demo", "1.0");
  const auto snapshot = world.resolve("r");

  world.publish(other, "demo", "2.0");

  EXPECT_TRUE(snapshot.fresh.holds());
  EXPECT_EQ(world.resolve("r").fingerprint, snapshot.fingerprint);
}

TEST(Views, GiveAPackageWholeFromTheFirstSourceThatHasIt) {
  World world;
  const auto first = world.source("private");
  const auto second = world.source("public");
  const auto id = world.repository("r", {first, second});
  world.publish(first, "demo", "1.0");
  world.publish(second, "demo", "9.0");
  world.publish(second, "other", "1.0");

  auto snapshot = world.resolve("r");
  EXPECT_EQ(world.versions(snapshot, "demo"), "1.0");
  EXPECT_EQ(world.versions(snapshot, "other"), "1.0");
  EXPECT_FALSE(*world.views->find_file(world.ctx, snapshot, "demo", "demo_9.0.tar.gz"));
  EXPECT_TRUE(*world.views->find_file(world.ctx, snapshot, "demo", "demo_1.0.tar.gz"));
  EXPECT_FALSE(*world.views->find_file(world.ctx, snapshot, "other", "demo_1.0.tar.gz"));
  EXPECT_EQ(all_files(world, snapshot), "demo_1.0.tar.gz other_1.0.tar.gz ");
  EXPECT_EQ(world.names(snapshot), "demo other");

  world.subscribe(id, {second, first});

  EXPECT_FALSE(snapshot.fresh.holds());
  snapshot = world.resolve("r");
  EXPECT_EQ(world.versions(snapshot, "demo"), "9.0");
  EXPECT_EQ(all_files(world, snapshot), "demo_9.0.tar.gz other_1.0.tar.gz ");
}

TEST(Views, FallBackToTheNextSourceOnceTheFirstHasItNoLonger) {
  World world;
  const auto first = world.source("private");
  const auto second = world.source("public");
  world.repository("r", {first, second});
  world.publish(first, "demo", "1.0");
  world.publish(second, "demo", "9.0");

  world.remove(first, "demo_1.0.tar.gz");

  EXPECT_EQ(world.versions(world.resolve("r"), "demo"), "9.0");
}

TEST(Views, ShowThePast) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  world.publish(source, "demo", "1.0");
  world.clock->advance(std::chrono::hours(24 * 3));
  const auto second = world.publish(source, "demo", "1.1");
  world.clock->advance(std::chrono::hours(24 * 3));

  EXPECT_EQ(world.versions(world.resolve("r", AsOf{kFirstOfMay - std::chrono::days(1)}), "demo"), "");
  EXPECT_EQ(world.versions(world.resolve("r", AsOf{kFirstOfMay}), "demo"), "1.0");
  EXPECT_EQ(world.versions(world.resolve("r", AsOf{kFirstOfMay + std::chrono::days(2)}), "demo"), "1.0");
  EXPECT_EQ(world.versions(world.resolve("r", AsOf{kFirstOfMay + std::chrono::days(3)}), "demo"), "1.0 1.1");
  EXPECT_EQ(world.versions(world.resolve("r", TxNo{second.value - 1}), "demo"), "1.0");
  EXPECT_EQ(world.versions(world.resolve("r", second), "demo"), "1.0 1.1");
}

TEST(Views, OfSettledStatesHoldUntilTheConfigurationChanges) {
  World world;
  const auto source = world.source("team");
  const auto id = world.repository("r", {source});
  const auto number = world.publish(source, "demo", "1.0");
  world.clock->advance(std::chrono::hours(24));
  const auto day = world.resolve("r", AsOf{kFirstOfMay});
  const auto at = world.resolve("r", number);
  EXPECT_TRUE(day.settled && at.settled);

  world.publish(source, "demo", "1.1");
  EXPECT_TRUE(day.fresh.holds() && at.fresh.holds());
  EXPECT_EQ(world.resolve("r", AsOf{kFirstOfMay}).fingerprint, day.fingerprint);

  world.subscribe(id, {});
  EXPECT_FALSE(day.fresh.holds() || at.fresh.holds());
  EXPECT_NE(world.resolve("r", AsOf{kFirstOfMay}).fingerprint, day.fingerprint);
}

TEST(Views, OfTodayFollowEveryChange) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  world.publish(source, "demo", "1.0");
  const auto today = world.resolve("r", AsOf{kFirstOfMay});
  const auto latest = world.resolve("r");
  EXPECT_FALSE(today.settled || latest.settled);
  EXPECT_EQ(today.fingerprint, latest.fingerprint);

  world.publish(source, "demo", "1.1");

  EXPECT_FALSE(today.fresh.holds());
  EXPECT_EQ(world.versions(world.resolve("r", AsOf{kFirstOfMay}), "demo"), "1.0 1.1");
}

TEST(Views, OfANumberToComeAreNotThereUntilItIsReached) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  const auto first = world.publish(source, "demo", "1.0");
  const TxNo next{first.value + 1};
  EXPECT_EQ(world.views->resolve(world.ctx, "r", next).error().code(), Errc::not_found);

  world.publish(source, "demo", "1.1");

  EXPECT_EQ(world.versions(world.resolve("r", next), "demo"), "1.0 1.1");
}

TEST(Views, OfADaySettleOnceItIsOver) {
  World world;
  world.repository("r", {world.source("team")});
  EXPECT_FALSE(world.resolve("r", AsOf{kFirstOfMay}).settled);

  world.clock->set(Time(kFirstOfMay + std::chrono::days(1)));
  EXPECT_FALSE(world.resolve("r", AsOf{kFirstOfMay}).settled) << "another node's clock may be late";
  world.clock->advance(std::chrono::minutes(1));
  EXPECT_TRUE(world.resolve("r", AsOf{kFirstOfMay}).settled);
}

TEST(Views, FindRepositoriesByNameAndId) {
  World world;
  const auto id = world.repository("r", {});
  EXPECT_EQ((*world.views->repository(world.ctx, "r"))->id, id);
  EXPECT_EQ((*world.views->repository(world.ctx, std::to_string(id.value)))->name, "r");
  EXPECT_EQ(*world.views->repository(world.ctx, "none"), nullptr);
  EXPECT_EQ(world.views->resolve(world.ctx, "none", Latest{}).error().code(), Errc::not_found);

  world.remove_repository(id);
  EXPECT_EQ(*world.views->repository(world.ctx, "r"), nullptr);
  world.repository("s", {});
  EXPECT_NE(*world.views->repository(world.ctx, "s"), nullptr);
}

TEST(Views, RenderOncePerStateAndKey) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  int renders = 0;
  const auto body = [&](const std::string& key) {
    return *world.views->rendered(world.ctx, world.resolve("r"), key, true, [&]() -> Result<std::string> {
      ++renders;
      return std::string(1000, 'x');
    });
  };
  const auto first = body("a");
  EXPECT_EQ(body("a"), first);
  EXPECT_EQ(renders, 1);
  body("b");
  EXPECT_EQ(renders, 2);
  EXPECT_LT(first->gzip()->size(), 1000u);
  EXPECT_LT(first->zstd()->size(), 1000u);

  world.publish(source, "demo", "1.0");

  const auto second = body("a");
  EXPECT_EQ(renders, 3);
  EXPECT_EQ(second->etag(), first->etag()) << "the same content keeps its tag";
}

TEST(Rendered, IsKeptEncodedOnlyWhenItIsHuge) {
  std::string body;
  while (body.size() < (25U << 20)) body += "another-name-" + std::to_string(body.size()) + '\n';
  const Rendered huge(body, true);
  EXPECT_LT(huge.weight(), body.size() / 2);
  const auto decoded = huge.identity();
  EXPECT_EQ(*decoded, body);
  EXPECT_EQ(huge.identity(), decoded) << "one copy for all who send it";
  EXPECT_EQ(*Rendered(body, false).identity(), body);
}

TEST(Views, DoNotKeepEncodingsThatAreNotSmaller) {
  World world;
  world.repository("r", {});
  const auto tiny = *world.views->rendered(world.ctx, world.resolve("r"), "a", true,
                                           [] { return Result<std::string>("x"); });
  EXPECT_EQ(*tiny->identity(), "x");
  EXPECT_EQ(tiny->gzip(), nullptr);
  EXPECT_EQ(tiny->zstd(), nullptr);
}

TEST(Views, ShareOneRenderAmongManyWhoAskAtOnce) {
  World world;
  world.repository("r", {});
  const auto snapshot = world.resolve("r");
  std::atomic<int> renders = 0, inside = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ++inside;
      const auto body = world.views->rendered(world.ctx, snapshot, "a", false, [&]() -> Result<std::string> {
        ++renders;
        while (inside < 8) std::this_thread::yield();
        return std::string("x");
      });
      EXPECT_TRUE(body);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(renders, 1);
}

TEST(Views, RenderAgainAfterAFailure) {
  World world;
  world.repository("r", {});
  const auto snapshot = world.resolve("r");
  const auto failed = world.views->rendered(world.ctx, snapshot, "a", false, []() -> Result<std::string> {
    return fail(Errc::unavailable, "down");
  });
  EXPECT_EQ(failed.error().code(), Errc::unavailable);
  EXPECT_TRUE(
      world.views->rendered(world.ctx, snapshot, "a", false, [] { return Result<std::string>("x"); }));
}

TEST(Views, KeepTheCacheWithinItsBound) {
  World world(100'000);
  world.repository("r", {});
  const auto snapshot = world.resolve("r");
  int renders = 0;
  const auto body = [&](int key, std::size_t size) {
    (void)world.views->rendered(world.ctx, snapshot, std::to_string(key), false,
                                [&]() -> Result<std::string> {
                                  ++renders;
                                  return std::string(size, 'x');
                                });
  };
  for (int key = 0; key < 50; ++key) body(key, 10'000);
  renders = 0;
  body(49, 10'000);
  EXPECT_EQ(renders, 0) << "the newest is kept";
  body(0, 10'000);
  EXPECT_EQ(renders, 1) << "the oldest is not";
  body(100, 200'000);
  body(100, 200'000);
  EXPECT_EQ(renders, 3) << "what is larger than the cache never is";
}

TEST(Views, GiveAFileThatWasAskedForWithoutTheDatabase) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  world.publish(source, "demo", "1.0");
  const auto before = world.resolve("r");
  const Context no_time = world.ctx.with_timeout(std::chrono::seconds(0));
  const auto find = [&](const Context& ctx, const Snapshot& snapshot) {
    return world.views->find_file(ctx, snapshot, "demo", "demo_1.0.tar.gz");
  };
  ASSERT_FALSE(find(no_time, before)) << "the database is asked, for which there is no time";
  ASSERT_TRUE(find(world.ctx, before)->has_value());

  EXPECT_TRUE(find(no_time, before)->has_value());

  world.remove(source, "demo_1.0.tar.gz");
  EXPECT_FALSE(find(world.ctx, world.resolve("r"))->has_value());
  EXPECT_TRUE(find(world.ctx, before)->has_value());
}

TEST(Views, DieBeforeTheDatabaseWithoutHarm) {
  World world;
  const auto source = world.source("team");
  world.views.reset();
  world.publish(source, "demo", "1.0");
}

TEST(Views, AFileThatAnotherNodeHasShownIsFoundBeforeItsMessageArrives) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  world.publish(source, "demo", "1.0");
  const auto deaf = *db::open_sqlite({.path = ":memory:"}, {});  // nothing is ever announced there
  const auto other = make_views(world.catalog, *deaf, world.clock, 1 << 20);
  const auto before = *other->resolve(world.ctx, "r", Latest{});
  world.publish(source, "demo", "1.1");
  EXPECT_EQ(other->resolve(world.ctx, "r", Latest{})->fingerprint, before.fingerprint);
  EXPECT_TRUE(*other->find_file(world.ctx, before, "demo", "demo_1.1.tar.gz"));
  EXPECT_FALSE(*other->find_file(world.ctx, before, "demo", "demo_1.2.tar.gz"));
  const auto settled = *other->resolve(world.ctx, "r", before.pins[0].at);
  EXPECT_FALSE(*other->find_file(world.ctx, settled, "demo", "demo_1.1.tar.gz"));
}

TEST(Views, StayRightWhileManyReadAndOneWrites) {
  World world;
  const auto source = world.source("team");
  world.repository("r", {source});
  std::atomic<std::int64_t> published = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto least = published.load();
        const auto snapshot = world.views->resolve(world.ctx, "r", Latest{});
        ASSERT_TRUE(snapshot);
        const auto seen = snapshot->pins.empty() ? 0 : snapshot->pins[0].at.value;
        EXPECT_GE(seen, least) << "an answer older than a write that had returned";
      }
    });
  }
  for (int i = 0; i < 100; ++i) published = world.publish(source, "demo" + std::to_string(i), "1.0").value;
  stop = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace granary::view
