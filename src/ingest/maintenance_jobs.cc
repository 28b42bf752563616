#include "ingest/maintenance_jobs.h"

#include "base/log.h"
#include "base/text.h"

namespace granary::ingest {
namespace {

constexpr std::string_view kCollect = "collect", kVerify = "verify";
constexpr std::size_t kNamedProblems = 200;  // in the log of the job; the count is always told

class CollectJob final : public jobs::Handler {
 public:
  CollectJob(std::shared_ptr<Ingest> ingest, std::chrono::seconds grace)
      : ingest_(std::move(ingest)), grace_(grace) {}
  std::string_view kind() const noexcept override { return kCollect; }
  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto done = TRY(ingest_->collect(ctx, false, grace_));
    turn.progress(static_cast<std::int64_t>(done.blobs), static_cast<std::int64_t>(done.blobs),
                  "gave back " + human_size(done.bytes) + " in " + std::to_string(done.blobs) + " objects");
    ctx.log().info("collected", {{"objects", std::to_string(done.blobs)},
                                 {"bytes", std::to_string(done.bytes)},
                                 {"too_young", std::to_string(done.young)},
                                 {"kept", std::to_string(done.kept)}});
    return {};
  }

 private:
  std::shared_ptr<Ingest> ingest_;
  std::chrono::seconds grace_;
};

class VerifyJob final : public jobs::Handler {
 public:
  explicit VerifyJob(std::shared_ptr<Ingest> ingest) : ingest_(std::move(ingest)) {}
  std::string_view kind() const noexcept override { return kVerify; }
  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto found = TRY(ingest_->verify(ctx, [&](std::uint64_t done, std::uint64_t total) {
      turn.progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "verifying");
    }));
    for (std::size_t i = 0; i < std::min(found.problems.size(), kNamedProblems); ++i) {
      const auto& problem = found.problems[i];
      ctx.log().warn("a package has not its bytes", {{"what", problem.what},
                                                     {"source", problem.source},
                                                     {"file", problem.filename},
                                                     {"sha256", problem.digest}});
    }
    ctx.log().info("verified", {{"files", std::to_string(found.files)},
                                {"objects", std::to_string(found.blobs)},
                                {"bytes", std::to_string(found.bytes)}});
    if (found.problems.empty()) return {};
    // Not tried again: a disk or a bucket that could not be read just now is another error, which ended it
    // above.
    return fail(Errc::not_found, std::to_string(found.problems.size()) + " packages have not their bytes",
                "the log of the job names them: restore the storage from a backup");
  }

 private:
  std::shared_ptr<Ingest> ingest_;
};

}  // namespace

jobs::JobSpec collect_job() { return {.kind = std::string(kCollect), .key = std::string(kCollect)}; }
jobs::JobSpec verify_job() { return {.kind = std::string(kVerify), .key = std::string(kVerify)}; }

std::vector<std::unique_ptr<jobs::Handler>> maintenance_handlers(std::shared_ptr<Ingest> ingest,
                                                                 std::chrono::seconds grace) {
  std::vector<std::unique_ptr<jobs::Handler>> handlers;
  handlers.push_back(std::make_unique<CollectJob>(ingest, grace));
  handlers.push_back(std::make_unique<VerifyJob>(std::move(ingest)));
  return handlers;
}

}  // namespace granary::ingest
