#include "ingest/maintenance_jobs.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "jobs/queue.h"

namespace granary::ingest {
namespace {

constexpr std::string_view kCollect = "collect", kGc = "gc", kErase = "erase", kVerify = "verify";
constexpr std::size_t kNamedProblems = 200;  // in the job; the count is always told
constexpr std::size_t kNamedBytes = jobs::kLongestResult / 2;

std::string to_arguments(const Collecting& how) {
  JsonWriter json;
  json.begin_object();
  if (how.dry_run) json.member("dryrun", true);
  if (how.grace) json.member("grace", std::int64_t{how.grace->count()});
  json.end_object();
  return std::move(json).take();
}

Result<Collecting> parse_arguments(const std::string& text) {
  const auto json = TRY(Json::parse(text));
  Collecting how;
  how.dry_run = json["dryrun"].boolean().value_or(false);
  if (const auto grace = json["grace"].integer()) how.grace = std::chrono::seconds(*grace);
  return how;
}

std::string to_json(const Collected& done, bool dry_run) {
  JsonWriter json;
  json.begin_object();
  json.member("dryrun", dry_run);
  json.member("blobs", done.blobs);
  json.member("bytes", done.bytes);
  json.member("young", done.young);
  json.member("kept", done.kept);
  json.member("kept_bytes", done.kept_bytes);
  json.end_object();
  return std::move(json).take();
}

std::string to_json(const Verified& found) {
  JsonWriter json;
  json.begin_object();
  json.member("files", found.files);
  json.member("blobs", found.blobs);
  json.member("bytes", found.bytes);
  json.member("problem_count", std::uint64_t{found.problems.size()});
  json.key("problems");
  json.begin_array();
  for (std::size_t i = 0; i < std::min(found.problems.size(), kNamedProblems); ++i) {
    if (json.text().size() > kNamedBytes) break;
    const auto& problem = found.problems[i];
    json.begin_object();
    json.member("what", problem.what);
    json.member("source", problem.source);
    json.member("filename", problem.filename);
    json.member("sha256", problem.digest);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

OnProgress shown_by(jobs::Turn& turn, std::string_view doing) {
  return [&turn, doing](std::uint64_t done, std::uint64_t total) {
    turn.progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), std::string(doing));
  };
}

class CollectJob final : public jobs::Handler {
 public:
  CollectJob(std::string_view kind, std::shared_ptr<Ingest> ingest, std::chrono::seconds grace)
      : kind_(kind), ingest_(std::move(ingest)), grace_(grace) {}
  std::string_view kind() const noexcept override { return kind_; }
  bool takes_long() const noexcept override { return true; }
  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto how = TRY(parse_arguments(turn.job().spec.arguments));
    const auto grace = how.grace.value_or(grace_);
    const auto done = TRY(ingest_->collect(ctx, how.dry_run, grace, shown_by(turn, "collecting")));
    const auto objects = static_cast<std::int64_t>(done.blobs);
    turn.progress(objects, objects,
                  (how.dry_run ? "would give back " : "gave back ") + human_size(done.bytes) + " in " +
                      std::to_string(done.blobs) + " objects");
    turn.result(to_json(done, how.dry_run));
    return {};
  }

 private:
  std::string_view kind_;
  std::shared_ptr<Ingest> ingest_;
  std::chrono::seconds grace_;
};

class EraseJob final : public jobs::Handler {
 public:
  explicit EraseJob(std::shared_ptr<Ingest> ingest) : ingest_(std::move(ingest)) {}
  std::string_view kind() const noexcept override { return kErase; }
  bool takes_long() const noexcept override { return true; }  // a mirror of PyPI: minutes
  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto rows =
        static_cast<std::int64_t>(TRY(ingest_->erase_deleted(ctx, shown_by(turn, "erasing rows"))));
    turn.progress(rows, rows, "erased " + std::to_string(rows) + " rows of deleted sources");
    return {};
  }

 private:
  std::shared_ptr<Ingest> ingest_;
};

class VerifyJob final : public jobs::Handler {
 public:
  explicit VerifyJob(std::shared_ptr<Ingest> ingest) : ingest_(std::move(ingest)) {}
  std::string_view kind() const noexcept override { return kVerify; }
  bool takes_long() const noexcept override { return true; }  // all the bytes that there are
  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const auto found = TRY(ingest_->verify(ctx, shown_by(turn, "verifying")));
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
    const auto bytes = static_cast<std::int64_t>(found.bytes);
    turn.progress(bytes, bytes, "verified " + std::to_string(found.files) + " files");
    turn.result(to_json(found));
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
jobs::JobSpec gc_job(const Collecting& how) {
  auto arguments = to_arguments(how);
  return {.kind = std::string(kGc), .arguments = arguments, .key = arguments};
}
jobs::JobSpec erase_job() { return {.kind = std::string(kErase), .key = std::string(kErase)}; }
jobs::JobSpec verify_job() { return {.kind = std::string(kVerify), .key = std::string(kVerify)}; }

std::vector<std::unique_ptr<jobs::Handler>> maintenance_handlers(std::shared_ptr<Ingest> ingest,
                                                                 std::chrono::seconds grace) {
  std::vector<std::unique_ptr<jobs::Handler>> handlers;
  for (const auto kind : {kCollect, kGc})
    handlers.push_back(std::make_unique<CollectJob>(kind, ingest, grace));
  handlers.push_back(std::make_unique<EraseJob>(ingest));
  handlers.push_back(std::make_unique<VerifyJob>(std::move(ingest)));
  return handlers;
}

}  // namespace granary::ingest
