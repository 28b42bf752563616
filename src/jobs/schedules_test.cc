#include "jobs/schedules.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"
#include "jobs/queue.h"

namespace granary::jobs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class SchedulesTest : public ::testing::TestWithParam<db::testing::Kind> {
 protected:
  void SetUp() override {
    place = db::testing::make_place(GetParam());
    if (!place) return;
    auto opened = place->open();
    ASSERT_TRUE(opened) << opened.error().message();
    database = *opened;
    ASSERT_TRUE(database->migrate(ctx, migrations()));
    clock = std::make_shared<FakeClock>();  // 12:00
    queue = make_queue(database, clock);
    schedules = std::make_unique<Schedules>(database, clock);
  }
  int fire(Schedules& of) {
    const auto fired = of.fire_due(ctx);
    EXPECT_TRUE(fired) << fired.error().message();
    return fired.value_or(-1);
  }
  std::size_t jobs() { return queue->list(ctx, {}).value_or(std::vector<Job>{}).size(); }

  const Context ctx = test_context();
  const Schedule nightly{"nightly", "30 3 * * *", {.kind = "work", .arguments = R"({"n":1})", .source = 4}};
  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
  std::shared_ptr<FakeClock> clock;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Schedules> schedules;
};

TEST_P(SchedulesTest, FiresOnceAtItsTime) {
  ASSERT_TRUE(schedules->define(ctx, nightly));
  EXPECT_EQ(fire(*schedules), 0);
  clock->advance(hours(15) + minutes(30));
  EXPECT_EQ(fire(*schedules), 1);
  EXPECT_EQ(fire(*schedules), 0);
  const auto all = queue->list(ctx, {}).value_or(std::vector<Job>{});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].spec.arguments, R"({"n":1})");
  EXPECT_EQ(all[0].spec.source, 4);
  const auto now = schedules->list(ctx).value_or(std::vector<Scheduled>{});
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0].last_job, all[0].id);
  EXPECT_EQ(now[0].next_at, clock->now() + hours(24));
}

TEST_P(SchedulesTest, TimesThatPassedWhileNobodyRanAreMadeUpForOnce) {
  ASSERT_TRUE(schedules->define(ctx, nightly));
  clock->advance(hours(24 * 10));
  EXPECT_EQ(fire(*schedules), 1);
  EXPECT_EQ(fire(*schedules), 0);
}

TEST_P(SchedulesTest, DefiningTheSameAgainKeepsTheNextTime) {
  ASSERT_TRUE(schedules->define(ctx, nightly));
  clock->advance(hours(16));
  ASSERT_TRUE(schedules->define(ctx, nightly)) << "a node starts again, after the time has passed";
  EXPECT_EQ(fire(*schedules), 1);
}

TEST_P(SchedulesTest, AnotherTimeReplacesTheOldOne) {
  ASSERT_TRUE(schedules->define(ctx, nightly));
  auto later = nightly;
  later.cron = "0 13 * * *";
  ASSERT_TRUE(schedules->define(ctx, later));
  clock->advance(hours(1));
  EXPECT_EQ(fire(*schedules), 1);
  ASSERT_TRUE(schedules->undefine(ctx, "nightly"));
  clock->advance(hours(48));
  EXPECT_EQ(fire(*schedules), 0);
  EXPECT_TRUE(schedules->undefine(ctx, "nightly"));
}

TEST_P(SchedulesTest, TwoNodesThatSeeTheSameTimeSubmitOneJob) {
  const bool has_one_process = GetParam() == db::testing::Kind::sqlite_memory;
  const auto other_database =
      has_one_process ? Result<std::shared_ptr<db::Database>>(database) : place->open();
  ASSERT_TRUE(other_database);
  Schedules other(*other_database, clock);
  ASSERT_TRUE(schedules->define(ctx, nightly));
  for (int day = 0; day < 5; ++day) {
    clock->advance(hours(24));
    int theirs = 0;
    std::thread thread([&] { theirs = fire(other); });
    const auto ours = fire(*schedules);
    thread.join();
    EXPECT_EQ(ours + theirs, 1);
  }
  EXPECT_EQ(jobs(), 5u);
}

TEST_P(SchedulesTest, AWrongScheduleIsRefusedBeforeItIsStored) {
  auto wrong = nightly;
  wrong.cron = "each night";
  EXPECT_EQ(schedules->define(ctx, wrong).error().code(), Errc::invalid_argument);
  EXPECT_TRUE(schedules->list(ctx).value_or(std::vector<Scheduled>(1)).empty());
}

INSTANTIATE_TEST_SUITE_P(Every, SchedulesTest, ::testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::jobs
