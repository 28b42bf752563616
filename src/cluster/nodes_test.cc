#include "cluster/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"

namespace granary::cluster {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class NodesTest : public testing::TestWithParam<db::testing::Kind> {
 protected:
  void SetUp() override {
    place = db::testing::make_place(GetParam());
    if (!place) return;
    auto opened = place->open();
    ASSERT_TRUE(opened);
    database = *opened;
    database->on_change([this](std::span<const std::int64_t> topics) {
      if (!topics.empty() && topics[0] == kNodesTopic) ++announced;
    });
    ASSERT_TRUE(database->migrate(test_context(), migrations()));
    nodes = std::make_unique<Nodes>(database, clock);
  }
  Node node(const std::string& name) const {
    return {name, name + ":4242", "1.0", "all", "aaaa", clock->now()};
  }
  bool beat(const std::string& name, bool online = true, std::int64_t running = 0) const {
    const auto heard = nodes->beat(test_context(), node(name), online, running);
    EXPECT_TRUE(heard);
    return heard && heard->wanted_online;
  }
  std::int64_t format(const std::string& name) const {
    return nodes->beat(test_context(), node(name), true, 0).value().format;
  }
  /// What a node of the first version tells.
  void old_beat(const std::string& name) const {
    ASSERT_TRUE(database->write(test_context(), [&](db::WriteSession& session) -> Result<> {
      TRY(session.execute(
          "INSERT INTO nodes (name, address, version, role, key_fingerprint, started_at, heard_at, online, "
          "running, stopped, wanted_online) VALUES ($1, '', '0.1', 'all', '', $2, $2, 1, 0, 0, 1) "
          "ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, "
          "heard_at = excluded.heard_at, stopped = 0",
          {std::string_view(name), clock->now().time_since_epoch().count()}));
      return {};
    }));
  }
  State state(const std::string& name) const {
    const auto all = nodes->list(test_context());
    EXPECT_TRUE(all);
    for (const auto& one : *all)
      if (one.node.name == name) return one.state;
    ADD_FAILURE() << "no node " << name;
    return State::lost;
  }
  Result<> want(std::vector<std::string> names, bool online) const {
    return nodes->want(test_context(), names, online);
  }

  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::unique_ptr<Nodes> nodes;
  std::atomic<int> announced = 0;
};

TEST_P(NodesTest, ANodeIsOnlineFromItsFirstBeatAndLostWhenItIsNotHeard) {
  EXPECT_TRUE(beat("a"));
  EXPECT_TRUE(beat("b"));
  EXPECT_EQ(state("a"), State::online);
  clock->advance(kLostAfter - seconds(1));
  EXPECT_TRUE(beat("b"));
  clock->advance(seconds(1));
  EXPECT_EQ(state("a"), State::lost);
  EXPECT_EQ(state("b"), State::online);
  EXPECT_TRUE(beat("a"));
  EXPECT_EQ(state("a"), State::online);
}

TEST_P(NodesTest, WhatIsWantedOutlivesARestartAndIsAnnounced) {
  beat("a");
  beat("b");
  ASSERT_TRUE(want({"a"}, false));
  EXPECT_EQ(announced, 1);
  EXPECT_EQ(state("a"), State::draining) << "it has not heard yet";
  EXPECT_FALSE(beat("a", false, 2));
  EXPECT_EQ(state("a"), State::draining) << "two jobs still run";
  EXPECT_FALSE(beat("a", false, 0));
  EXPECT_EQ(state("a"), State::offline);
  ASSERT_TRUE(nodes->stopped(test_context(), "a"));
  EXPECT_EQ(state("a"), State::stopped);
  EXPECT_FALSE(beat("a", false)) << "a new process under the same name";
  EXPECT_EQ(nodes->wanted_online(test_context(), "a").value(), std::optional(false));
  EXPECT_EQ(nodes->wanted_online(test_context(), "c").value(), std::nullopt);
  EXPECT_TRUE(beat("b"));
  ASSERT_TRUE(want({"a"}, true));
  EXPECT_TRUE(beat("a"));
}

TEST_P(NodesTest, AnUnknownNameChangesNothing) {
  beat("a");
  const auto wanted = want({"a", "x"}, false);
  ASSERT_FALSE(wanted);
  EXPECT_EQ(wanted.error().code(), Errc::not_found);
  EXPECT_THAT(wanted.error().message(), HasSubstr("'x'"));
  EXPECT_TRUE(beat("a"));
}

TEST_P(NodesTest, OnlyNodesThatNobodySetOfflineAreForgotten) {
  beat("pod");
  beat("kept");
  ASSERT_TRUE(want({"kept"}, false));
  clock->advance(std::chrono::hours(24));
  beat("young");
  ASSERT_TRUE(nodes->forget(test_context(), std::chrono::hours(1)));
  const auto all = nodes->list(test_context()).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].node.name, "kept");
  EXPECT_EQ(all[1].node.name, "young");
}

TEST_P(NodesTest, TheOldestNodeThatWorksSaysWhatIsWritten) {
  EXPECT_EQ(format("a"), kFormat);
  old_beat("b");
  EXPECT_EQ(format("a"), 1);
  ASSERT_TRUE(nodes->stopped(test_context(), "b"));
  EXPECT_EQ(format("a"), kFormat);
  old_beat("b");
  clock->advance(kLostAfter);
  EXPECT_EQ(format("a"), kFormat) << "b is lost";
  old_beat("b");
  EXPECT_EQ(format("b"), kFormat) << "b was updated";
  clock->advance(seconds(1));
  old_beat("b");
  EXPECT_EQ(format("a"), 1) << "and went back: its row still says what the newer one told";
}

INSTANTIATE_TEST_SUITE_P(Databases, NodesTest, testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::cluster
