#include "ingest/maintenance_jobs.h"

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
  void result(std::string) override {}
  jobs::Progress last;

 private:
  jobs::Job job_;
};

class MaintenanceJobsTest : public World {
 protected:
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
  EXPECT_TRUE(run(verify_job().kind));
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
