#include "mirror/sync_schedule.h"

#include <set>

#include "jobs/cron.h"
#include "mirror/notes.h"
#include "mirror/testing/world.h"

namespace granary::mirror {
namespace {

model::Source source_of(model::SourceType type, std::int64_t id, std::int64_t created) {
  model::Source source;
  source.id = {id};
  source.type = type;
  source.created_at = Time(Time::duration(created));
  return source;
}

TEST(SyncCron, SaysWhatTheSettingSaysOrAMinuteOfTheSourcesOwn) {
  EXPECT_EQ(sync_cron(" 30 3 * * * ", source_of(model::SourceType::cran, 1, 1)), "30 3 * * *");
  EXPECT_EQ(sync_cron("", source_of(model::SourceType::cran, 1, 1)), "");
  std::set<std::string> times;
  for (std::int64_t server = 1; server <= 200; ++server) {
    const auto daily = sync_cron("auto", source_of(model::SourceType::cran, 1, server));
    EXPECT_EQ(daily, sync_cron("AUTO", source_of(model::SourceType::cran, 1, server)));
    const auto cron = jobs::Cron::parse(daily);
    ASSERT_TRUE(cron) << daily;
    times.insert(daily);
    const auto first = cron->next_after(Time{});
    EXPECT_EQ(cron->next_after(first) - first, std::chrono::hours(24)) << daily;
  }
  EXPECT_GT(times.size(), 150U);
}

TEST(SyncCron, PyPIIsAskedEverySixHours) {
  for (std::int64_t server = 1; server <= 200; ++server) {
    const auto text = sync_cron("auto", source_of(model::SourceType::pypi, 2, server));
    const auto cron = jobs::Cron::parse(text);
    ASSERT_TRUE(cron) << text;
    auto at = cron->next_after(Time{});
    for (int i = 0; i < 8; ++i) {
      const auto next = cron->next_after(at);
      EXPECT_EQ(next - at, std::chrono::hours(6)) << text;
      at = next;
    }
  }
}

TEST(SyncSchedules, AWrongTextNamesItsSetting) {
  SyncSchedules schedules;
  EXPECT_TRUE(check(schedules));
  schedules.pypi = "each night";
  EXPECT_NE(check(schedules).error().message().find("PyPI.SyncSchedule"), std::string::npos);
}

class PlanTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(database->migrate(ctx, jobs::migrations()));
    parts.queue = jobs::make_queue(database, clock);
    parts.schedules = std::make_shared<jobs::Schedules>(database, clock);
  }
  std::set<std::string> names() {
    std::set<std::string> all;
    for (const auto& one : parts.schedules->list(ctx).value_or(std::vector<jobs::Scheduled>{}))
      all.insert(one.schedule.name);
    return all;
  }
};

TEST_F(PlanTest, SchedulesFollowTheSourcesAndTheSettingsAndLeaveOthersAlone) {
  ASSERT_TRUE(parts.schedules->define(ctx, {"collect", "30 3 * * *", {.kind = "collect"}}));
  const auto cran = make_source("cran", model::SourceType::cran),
             pypi = make_source("pypi", model::SourceType::pypi);
  make_source("team", model::SourceType::local);
  ASSERT_TRUE(plan_syncs(parts, ctx));
  EXPECT_EQ(names(), (std::set<std::string>{"collect", schedule_name(cran), schedule_name(pypi)}));
  const auto before = next_sync(parts, ctx, cran);
  ASSERT_TRUE(before && *before);
  ASSERT_TRUE(plan_syncs(parts, ctx));
  EXPECT_EQ(*next_sync(parts, ctx, cran), *before);

  parts.sync_schedules.pypi = "";
  ASSERT_TRUE(parts.catalog->write(ctx, [&](catalog::WriteView& view) { return view.delete_source(cran); }));
  ASSERT_TRUE(plan_syncs(parts, ctx));
  EXPECT_EQ(names(), std::set<std::string>{"collect"});
  EXPECT_FALSE(*next_sync(parts, ctx, pypi));
}

TEST_F(PlanTest, OnlyMirrorsThatWereNeverSynchronisedAreSynchronisedAtOnce) {
  const auto cran = make_source("cran", model::SourceType::cran);
  const auto done = make_source("pypi", model::SourceType::pypi);
  ASSERT_TRUE(parts.catalog->write(ctx, [&](catalog::WriteView& view) {
    return view.mirroring().set_state(done, kSyncedAt, "2024-05-01T00:00:00Z");
  }));
  ASSERT_TRUE(plan_syncs(parts, ctx));
  ASSERT_TRUE(plan_syncs(parts, ctx));
  const auto jobs = parts.queue->list(ctx, {});
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().spec.source, cran.value);
}

}  // namespace
}  // namespace granary::mirror
