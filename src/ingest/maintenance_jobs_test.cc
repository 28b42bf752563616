#include "ingest/maintenance_jobs.h"

#include "base/json.h"
#include "blob/testing/blob_testing.h"
#include "ingest/testing/world.h"
#include "jobs/testing/fake_turn.h"

namespace granary::ingest {
namespace {

class MaintenanceJobsTest : public World {
 protected:
  Result<> run(const jobs::JobSpec& spec) {
    const std::shared_ptr<Ingest> borrowed(std::shared_ptr<void>(), ingest.get());
    for (const auto& handler : maintenance_handlers(borrowed, std::chrono::hours(1))) {
      if (handler->kind() == spec.kind) return handler->run(ctx, told.emplace(spec));
    }
    return fail(Errc::not_found, "no such kind");
  }
  Json left() const { return Json::parse(told->left()).value(); }
  std::optional<jobs::testing::FakeTurn> told;
};

TEST_F(MaintenanceJobsTest, WhatCanBeSubmittedHasAHandler) {
  EXPECT_TRUE(run(collect_job()));
  EXPECT_TRUE(run(gc_job()));
  EXPECT_TRUE(run(erase_job()));
  EXPECT_TRUE(run(verify_job()));
}

TEST_F(MaintenanceJobsTest, TheyLeaveAWorkerToJobsThatAreShort) {
  for (const auto& handler : maintenance_handlers(nullptr, std::chrono::hours(1)))
    EXPECT_TRUE(handler->takes_long()) << handler->kind();
}

TEST_F(MaintenanceJobsTest, CollectDoesAsItIsToldAndSaysWhatCameOfIt) {
  const auto package = r_package("pkg", "1.0");
  ASSERT_TRUE(publish("r", package));
  ASSERT_TRUE(ingest->delete_source(ctx, "r"));
  clock->advance(std::chrono::minutes(30));
  EXPECT_TRUE(run(collect_job()));
  EXPECT_EQ(left()["young"].integer(), 1) << "the setting is an hour";
  const auto bytes = static_cast<std::int64_t>(package.bytes.size());
  EXPECT_TRUE(run(gc_job({.dry_run = true, .grace = std::chrono::minutes(10)})));
  EXPECT_EQ(left()["dryrun"].boolean(), true);
  EXPECT_EQ(left()["bytes"].integer(), bytes);
  EXPECT_TRUE(run(gc_job({.grace = std::chrono::minutes(10)})));
  EXPECT_EQ(left()["bytes"].integer(), bytes);
  EXPECT_TRUE(run(gc_job({.grace = std::chrono::minutes(10)})));
  EXPECT_EQ(left()["blobs"].integer(), 0);
}

TEST_F(MaintenanceJobsTest, WhatIsAskedForAlikeIsOneJob) {
  EXPECT_NE(gc_job({.dry_run = true}).key, gc_job().key);
  EXPECT_NE(gc_job({.grace = std::chrono::seconds(0)}).key, gc_job().key);
  EXPECT_NE(gc_job().kind, collect_job().kind) << "older nodes do not read what is asked for";
}

TEST_F(MaintenanceJobsTest, ManyProblemsAreCountedAndTheFirstNamed) {
  for (int i = 0; i < 210; ++i) {
    const auto file = publish("r", r_package("pkg", "1." + std::to_string(i)))->file;
    ASSERT_TRUE(blobs->remove(ctx, file.blob));
  }
  EXPECT_FALSE(run(verify_job()));
  EXPECT_EQ(left()["problem_count"].integer(), 210);
  EXPECT_EQ(left()["problems"].items().size(), 200U);
}

TEST_F(MaintenanceJobsTest, VerifyTellsItsProgressAndFailsWhenBytesAreMissing) {
  const auto package = r_package("pkg", "1.0");
  const auto file = publish("r", package)->file;
  EXPECT_TRUE(run(verify_job()));
  EXPECT_EQ(told->last().done, static_cast<std::int64_t>(package.bytes.size()));
  EXPECT_EQ(told->last().total, told->last().done);
  ASSERT_TRUE(blobs->remove(ctx, file.blob));
  const auto failed = run(verify_job());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Errc::not_found);
  EXPECT_EQ(failed.error().message(), "1 packages have not their bytes");
}

}  // namespace
}  // namespace granary::ingest
