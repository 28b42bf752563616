#include "cluster/heartbeat.h"

#include <gtest/gtest.h>

#include <semaphore>

#include "base/testing/eventually.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/open.h"
#include "db/read_only.h"

namespace granary::cluster {
namespace {

class HeartbeatTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = db::open_sqlite({.path = ":memory:"}, {});
    ASSERT_TRUE(opened);
    database = std::make_shared<db::ReadOnlySwitch>(*std::move(opened), false);
    ASSERT_TRUE(database->migrate(test_context(), migrations()));
    nodes = std::make_shared<Nodes>(database, clock);
  }
  std::unique_ptr<Heartbeat> heart() {
    HeartbeatParts parts;
    parts.nodes = nodes;
    parts.self = {"a", "a:4242", "1.0", "all", "", clock->now()};
    parts.obey = [this](bool online) {
      obeyed.push_back(online);
      if (!online) running += leased_meanwhile;
      if (on_obeying) on_obeying(online);
      obedience.release();
    };
    parts.running = [this] { return running.load(); };
    parts.agree = [this](std::int64_t format) {
      agreed = format;
      if (on_hearing) on_hearing();
    };
    parts.every = std::chrono::hours(1);  // only what it hears wakes it
    return std::make_unique<Heartbeat>(std::move(parts));
  }
  Result<> want(bool online) const {
    return nodes->want(test_context(), std::vector<std::string>{"a"}, online);
  }
  State state() const { return nodes->list(test_context()).value().at(0).state; }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<db::ReadOnlySwitch> database;
  std::shared_ptr<Nodes> nodes;
  std::atomic<std::int64_t> running = 0, agreed = 0;
  std::int64_t leased_meanwhile = 0;
  std::vector<bool> obeyed;
  std::function<void(bool)> on_obeying;
  std::function<void()> on_hearing;
  std::counting_semaphore<> obedience{0};
};

TEST_F(HeartbeatTest, WakesAndObeysWhenAnotherStateIsWanted) {
  auto one = heart();
  database->on_change(one->listener());
  one->start(test_context());
  EXPECT_TRUE(one->online());
  ASSERT_TRUE(want(false));
  ASSERT_TRUE(obedience.try_acquire_for(std::chrono::seconds(20)));
  EXPECT_FALSE(one->online());
  ASSERT_TRUE(want(true));
  ASSERT_TRUE(obedience.try_acquire_for(std::chrono::seconds(20)));
  one.reset();
  EXPECT_EQ(obeyed, (std::vector<bool>{false, true}));
  EXPECT_EQ(state(), State::stopped);
}

TEST_F(HeartbeatTest, AJobThatWasLeasedBeforeItObeyedIsLookedAtSoonToo) {
  leased_meanwhile = 1;
  auto one = heart();
  database->on_change(one->listener());
  one->start(test_context());
  ASSERT_TRUE(want(false));
  ASSERT_TRUE(eventually([&] { return nodes->list(test_context()).value().at(0).running == 1; }));
  EXPECT_EQ(state(), State::draining);
  running = 0;
  EXPECT_TRUE(eventually([&] { return state() == State::offline; }));
}

TEST_F(HeartbeatTest, IsListedAsOnlineBeforeItBeginsAnything) {
  auto one = heart();
  one->beat(test_context());
  ASSERT_TRUE(want(false));
  one->beat(test_context());
  ASSERT_EQ(state(), State::offline);
  std::optional<State> seen;
  on_obeying = [&](bool) {
    EXPECT_TRUE(want(false));
    seen = state();
  };
  ASSERT_TRUE(want(true));
  one->beat(test_context());
  EXPECT_EQ(obeyed, (std::vector<bool>{false, true}));
  EXPECT_EQ(seen, State::draining) << "who wants it offline again cannot know that it has nothing";
}

TEST_F(HeartbeatTest, BeginsNothingWhenItIsWantedOfflineAgainByThen) {
  auto one = heart();
  one->beat(test_context());
  ASSERT_TRUE(want(false));
  one->beat(test_context());
  ASSERT_TRUE(want(true));
  on_hearing = [&] { EXPECT_TRUE(want(false)); };
  one->beat(test_context());
  EXPECT_EQ(obeyed, std::vector<bool>{false});
  EXPECT_FALSE(one->online());
  EXPECT_EQ(state(), State::offline);
}

TEST_F(HeartbeatTest, HearsWhatAllNodesUnderstand) {
  auto one = heart();
  one->beat(test_context());
  EXPECT_EQ(agreed, kFormat);
}

TEST_F(HeartbeatTest, IsOfflineFromItsStartWhenThatWasWantedBefore) {
  heart()->beat(test_context());
  ASSERT_TRUE(want(false));
  running = 1;
  auto again = heart();
  again->beat(test_context());
  EXPECT_EQ(obeyed, std::vector<bool>{false});
  EXPECT_EQ(state(), State::draining);
  running = 0;
  again->beat(test_context());
  EXPECT_EQ(state(), State::offline);
}

TEST_F(HeartbeatTest, ADatabaseThatTakesNoWritesStillSaysWhatIsWanted) {
  heart()->beat(test_context());
  ASSERT_TRUE(want(false));
  ASSERT_TRUE(database->set(test_context(), true));
  auto one = heart();
  one->beat(test_context());
  EXPECT_FALSE(one->online());
}

TEST_F(HeartbeatTest, KeepsItsStateWhileTheDatabaseIsAway) {
  auto one = heart();
  one->beat(test_context());
  ASSERT_TRUE(want(false));
  one->beat(test_context());
  std::stop_source stop;
  stop.request_stop();
  static const Logger silent;
  one->beat(Context(silent, stop.get_token(), Context::Clock::now()));
  EXPECT_FALSE(one->online());
  EXPECT_EQ(obeyed, std::vector<bool>{false});
}

}  // namespace
}  // namespace granary::cluster
