#include "ingest/maintenance_jobs.h"

#include "base/json.h"
#include "blob/testing/blob_testing.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class Told final : public jobs::Turn {
 public:
  const jobs::Job& job() const noexcept override { return job_; }
  void progress(std::int64_t done, std::int64_t total, std::string message) override {
    last = {done, total, std::move(message)};
  }
  void result(std::string json) override { left = Json::parse(json).value(); }
  jobs::Progress last;
  Json left;
  jobs::Job job_;
};

class MaintenanceJobsTest : public World {
 protected:
  Result<> run(const jobs::JobSpec& spec) {
    told.job_.spec = spec;
    return run(spec.kind);
  }
  Result<> run(std::string_view kind) {
    const std::shared_ptr<Ingest> borrowed(std::shared_ptr<void>(), ingest.get());
    for (const auto& handler : maintenance_handlers(borrowed, std::chrono::hours(1))) {
      if (handler->kind() == kind) return handler->run(ctx, told);
    }
    return fail(Errc::not_found, "no such kind");
  }
  Told told;
};

TEST_F(MaintenanceJobsTest, WhatCanBeSubmittedHasAHandler) {
  EXPECT_TRUE(run(collect_job().kind));
  EXPECT_TRUE(run(gc_job().kind));
  EXPECT_TRUE(run(verify_job().kind));
}

TEST_F(MaintenanceJobsTest, CollectDoesAsItIsToldAndSaysWhatCameOfIt) {
  const auto package = r_package("pkg", "1.0");
  ASSERT_TRUE(publish("r", package));
  ASSERT_TRUE(ingest->delete_source(ctx, "r"));
  clock->advance(std::chrono::minutes(30));
  EXPECT_TRUE(run(collect_job()));
  EXPECT_EQ(told.left["young"].integer(), 1) << "the setting is an hour";
  const auto bytes = static_cast<std::int64_t>(package.bytes.size());
  EXPECT_TRUE(run(gc_job({.dry_run = true, .grace = std::chrono::minutes(10)})));
  EXPECT_EQ(told.left["dryrun"].boolean(), true);
  EXPECT_EQ(told.left["bytes"].integer(), bytes);
  EXPECT_TRUE(run(gc_job({.grace = std::chrono::minutes(10)})));
  EXPECT_EQ(told.left["bytes"].integer(), bytes);
  EXPECT_TRUE(run(gc_job({.grace = std::chrono::minutes(10)})));
  EXPECT_EQ(told.left["blobs"].integer(), 0);
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
  EXPECT_FALSE(run("verify"));
  EXPECT_EQ(told.left["problem_count"].integer(), 210);
  EXPECT_EQ(told.left["problems"].items().size(), 200U);
}

TEST_F(MaintenanceJobsTest, VerifyTellsItsProgressAndFailsWhenBytesAreMissing) {
  const auto package = r_package("pkg", "1.0");
  const auto file = publish("r", package)->file;
  EXPECT_TRUE(run("verify"));
  EXPECT_EQ(told.last.done, static_cast<std::int64_t>(package.bytes.size()));
  EXPECT_EQ(told.last.total, told.last.done);
  ASSERT_TRUE(blobs->remove(ctx, file.blob));
  const auto failed = run("verify");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Errc::not_found);
  EXPECT_EQ(failed.error().message(), "1 packages have not their bytes");
}

}  // namespace
}  // namespace granary::ingest
