#include "mirror/mirrors.h"

#include <mutex>
#include <set>

#include "base/on_exit.h"
#include "mirror/clear.h"
#include "mirror/crawl_job.h"
#include "mirror/describe.h"
#include "mirror/describe_job.h"
#include "mirror/files.h"
#include "mirror/notes.h"
#include "mirror/project.h"
#include "mirror/r_source.h"
#include "mirror/sync.h"
#include "mirror/sync_job.h"
#include "mirror/sync_schedule.h"

namespace granary::mirror {
namespace {

class RealMirrors final : public Mirrors {
 public:
  explicit RealMirrors(Parts parts)
      : parts_(std::move(parts)), files_(parts_), trees_(parts_), descriptions_(parts_), projects_(parts_) {}

  Result<Synced> sync(const Context& ctx, model::SourceId source, const Progress& progress) override {
    {
      const std::lock_guard lock(mutex_);
      if (!syncing_.insert(source.value).second)
        return fail(Errc::conflict, "the source is being synchronised already", "wait for that one");
    }
    const OnExit over([&] {  // also when it throws
      const std::lock_guard lock(mutex_);
      syncing_.erase(source.value);
    });
    return mirror::sync(parts_, ctx, source, progress);
  }
  Result<> want_project(const Context& ctx, model::SourceId source, std::string_view project) override {
    return projects_.want(ctx, source, project);
  }
  Result<> want_tree(const Context& ctx, model::SourceId source, std::string_view tree) override {
    return trees_.want(ctx, source, std::string(tree));
  }
  Result<bool> want_described(const Context& ctx, model::SourceId source, const std::vector<Version>& few,
                              std::optional<Time> day) override {
    return descriptions_.want(ctx, source, few, day);
  }
  Result<> want_crawl(const Context& ctx, model::SourceId source) override {
    return mirror::want_crawl(parts_, ctx, source);
  }
  std::unique_ptr<jobs::Handler> crawl_handler() override {
    return make_crawl_handler(parts_,
                              [this](const Context& ctx, model::SourceId source, std::string_view project) {
                                return projects_.refresh(ctx, source, project);
                              });
  }
  Result<bool> make_default(const Context& ctx, const DefaultRepository& wanted) override {
    return make_default_repository(parts_, ctx, wanted);
  }
  Result<> plan_syncs(const Context& ctx) override { return mirror::plan_syncs(parts_, ctx); }
  std::unique_ptr<jobs::Handler> sync_handler() override { return make_sync_handler(*this); }
  std::unique_ptr<jobs::Handler> describe_handler() override { return make_describe_handler(parts_); }
  std::vector<std::unique_ptr<jobs::Handler>> fetch_handlers(const ChooseFiles& choose) override {
    std::vector<std::unique_ptr<jobs::Handler>> out;
    for (const auto kind : {kFetch, kFetchAll})
      out.push_back(make_fetch_handler(
          parts_, kind, choose,
          [this](const Context& ctx, const model::FileRecord& file) { return files_.keep(ctx, file); }));
    return out;
  }
  Result<Opened> open_file(const Context& ctx, const model::FileRecord& file) override {
    return files_.open(ctx, file);
  }
  Result<std::optional<HeldBytes>> held_bytes(const Context& ctx, const model::FileRecord& file) override {
    return files_.find(ctx, file);
  }
  Result<model::Source> create(const Context& ctx, const NewSource& source) override {
    auto made = TRY(create_source(parts_, ctx, source));
    // It is there all the same: the next start plans it again.
    if (const auto planned = plan_syncs(ctx); !planned)
      parts_.log.failed("cannot order the first synchronisation", planned.error());
    return made;
  }
  Result<model::Source> change(const Context& ctx, std::string_view source,
                               const UpstreamChange& change) override {
    auto changed = TRY(change_upstream(parts_, ctx, source, change));
    TRY(plan_syncs(ctx));  // it may be offline now, or not any more
    if (parts_.queue && !is_offline(changed)) TRY(parts_.queue->submit(ctx, sync_job(changed.id)));
    return changed;
  }
  Result<Evicted> evict(const Context& ctx, model::SourceId source, const Eviction& which) override {
    return mirror::evict(parts_, ctx, source, which);
  }
  Result<> clear(const Context& ctx, model::SourceId source) override {
    return mirror::clear(parts_, ctx, source);
  }
  void heard(std::span<const std::int64_t> topics) override {
    if (topics.empty()) return forget(std::nullopt);
    for (const auto topic : topics) {
      if (const auto source = catalog::parse_cleared_topic(topic)) forget(source);
    }
  }
  Result<> hold_imported(const Context& ctx, const model::Source& source, const catalog::HeldFile& file,
                         std::int64_t stored_after) override {
    return mirror::hold_imported(parts_, ctx, source, file, stored_after);
  }
  Result<Imported> import_records(const Context& ctx,
                                  const std::function<Result<>(const EachImported&)>& read) override {
    return mirror::import_records(parts_, ctx, read);
  }
  Result<MirrorInfo> info(const Context& ctx, model::SourceId id) override {
    const auto source = TRY(mirror_source(parts_, ctx, id));
    MirrorInfo out;
    TRY(parts_.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.synced_at = TRY(view.mirrors().state(id, kSyncedAt));
      out.problem = TRY(view.mirrors().state(id, kSyncProblem));
      out.file_problem = TRY(view.mirrors().state(id, kFileProblem));
      out.last_fetch = TRY(view.mirrors().state(id, kLastFetch));
      out.page_problem = TRY(view.mirrors().state(id, kPageProblem));
      return {};
    }));
    out.next_sync = TRY(next_sync(parts_, ctx, id));
    if (parts_.queue) {
      out.jobs = TRY(parts_.queue->list(ctx, {.source = id.value}));
      std::erase_if(out.jobs, [](const jobs::Job& job) { return is_over(job.state); });
    }
    const auto held = TRY(mirror::evict(parts_, ctx, id, {.dry_run = true, .lost = true}));
    out.held_files = held.files;
    out.held_bytes = held.bytes;
    if (source.type == model::SourceType::cran) {
      for (const auto& package : TRY(list_undescribed(parts_, ctx, id, std::nullopt)))
        out.undescribed += package.versions.size();
    }
    if (is_offline(source)) {
      out.url = kOffline;
      return out;
    }
    auto client = parts_.clients->of(ctx, source);
    if (client) out.url = (*client)->url();
    if (!client && out.problem.empty()) out.problem = client.error().message();
    return out;
  }

 private:
  void forget(std::optional<model::SourceId> source) {
    trees_.forget(source);
    projects_.forget(source);
  }

  const Parts parts_;
  Files files_;
  RTreesOnDemand trees_;
  DescribeOnDemand descriptions_;
  Projects projects_;
  std::mutex mutex_;
  std::set<std::int64_t> syncing_;
};

}  // namespace

std::unique_ptr<Mirrors> make_mirrors(Parts parts) { return std::make_unique<RealMirrors>(std::move(parts)); }

}  // namespace granary::mirror
