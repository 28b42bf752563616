#include "mirror/sync_job.h"

#include "base/json.h"

namespace granary::mirror {
namespace {

constexpr std::string_view kKind = "sync";
constexpr std::int64_t kAttempts = 24;
/// Before what takes hours (describe), after what somebody's request waits for.
constexpr std::int64_t kPriority = 5;

std::string result_of(const Synced& synced) {
  JsonWriter json;
  json.begin_object();
  json.member("transaction", synced.transaction.value);
  json.member("packages", synced.packages);
  json.member("removed", synced.removed);
  json.member("skipped", synced.skipped);
  json.member("problem", synced.problem);
  json.end_object();
  return std::move(json).take();
}

class SyncHandler final : public jobs::Handler {
 public:
  explicit SyncHandler(Mirrors& mirrors) : mirrors_(&mirrors) {}
  std::string_view kind() const noexcept override { return kKind; }

  Result<> run(const Context& ctx, jobs::Turn& turn) override {
    const model::SourceId source{turn.job().spec.source};
    const auto synced = TRY(mirrors_->sync(ctx, source, [&](const Step& step) {
      turn.progress(static_cast<std::int64_t>(step.done), static_cast<std::int64_t>(step.total), step.doing);
    }));
    const auto changed = static_cast<std::int64_t>(synced.packages);
    turn.progress(changed, changed, changed == 0 ? "nothing had changed" : "packages that changed are known");
    turn.result(result_of(synced));
    ctx.log().info("synchronised", {{"packages", std::to_string(synced.packages)},
                                    {"removed", std::to_string(synced.removed)},
                                    {"skipped", std::to_string(synced.skipped)},
                                    {"problem", synced.problem}});
    return {};
  }

 private:
  Mirrors* mirrors_;
};

}  // namespace

jobs::JobSpec sync_job(model::SourceId source) {
  return {.kind = std::string(kKind),
          .key = std::to_string(source.value),
          .source = source.value,
          .priority = kPriority,
          .max_attempts = kAttempts};
}

std::unique_ptr<jobs::Handler> make_sync_handler(Mirrors& mirrors) {
  return std::make_unique<SyncHandler>(mirrors);
}

}  // namespace granary::mirror
