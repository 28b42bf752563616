#include "api/job_events.h"

#include <sys/mman.h>

#include <cerrno>

#include "api/job_json.h"

namespace granary::api {
namespace {

constexpr std::int64_t kLinesAtOnce = 200;
constexpr int kSilentTurns = 15;  // then a comment, so that no proxy takes the stream for dead

std::string event(std::string_view name, std::string_view id, std::string_view data) {
  std::string text = "event: " + std::string(name) + "\n";
  if (!id.empty()) text += "id: " + std::string(id) + "\n";
  return text + "data: " + std::string(data) + "\n\n";
}

template <class Noun>
std::string json_of(const Noun& noun) {
  JsonWriter json;
  write_json(json, noun);
  return std::move(json).take();
}

}  // namespace

JobEvents::JobEvents(std::shared_ptr<jobs::Queue> queue, Logger log, std::chrono::milliseconds every)
    : queue_(std::move(queue)), log_(std::move(log)), every_(every) {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

JobEvents::~JobEvents() { close(); }

Result<std::shared_ptr<GrowingFile>> JobEvents::watch(const Context& ctx, std::int64_t id,
                                                      std::int64_t after) {
  TRY(queue_->get(ctx, id));
  UniqueFd memory(::memfd_create("job-events", MFD_CLOEXEC));
  if (!memory) return system_error(errno, "memfd_create");
  auto file = std::make_shared<GrowingFile>(std::move(memory), std::nullopt);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(watches_, [](const Watch& watch) { return watch.file.expired(); });
    if (watches_.size() + looked_at_ >= kWatchers || closed_)
      return fail(Errc::unavailable, "too many clients watch jobs already", "ask for the job itself instead");
    watches_.push_back({id, after, file, {}, 0});
  }
  changed_.notify_all();
  return file;
}

void JobEvents::close() {
  std::list<Watch> watches;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    watches.swap(watches_);
  }
  for (const auto& watch : watches) {
    if (const auto file = watch.file.lock()) file->finish();
  }
  thread_.request_stop();
}

void JobEvents::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::list<Watch> watches;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return !watches_.empty(); })) return;
      watches.swap(watches_);
      looked_at_ = watches.size();
    }
    std::erase_if(watches, [&](Watch& watch) { return !advance(watch); });
    std::unique_lock lock(mutex_);
    if (closed_) {  // meanwhile: these were not in the list
      for (const auto& watch : watches) {
        if (const auto file = watch.file.lock()) file->finish();
      }
      return;
    }
    watches_.splice(watches_.end(), watches);
    looked_at_ = 0;
    const auto before = watches_.size();
    changed_.wait_for(lock, stop, every_, [&] { return watches_.size() != before; });
  }
}

bool JobEvents::advance(Watch& watch) {
  const auto file = watch.file.lock();
  if (!file) return false;
  const Context ctx(log_, std::stop_token(), Context::Clock::now() + std::chrono::seconds(5));
  // The job first: the lines of one that is over are all there.
  const auto job = queue_->get(ctx, watch.id);
  const auto lines = queue_->log(ctx, watch.id, watch.after, kLinesAtOnce);
  std::string text;
  if (job && lines) {
    for (const auto& line : *lines) {
      text += event("log", std::to_string(line.number), json_of(line));
      watch.after = line.number;
    }
    auto now = json_of(*job);
    if (now != watch.last) text += event("job", {}, now);
    watch.last = std::move(now);
  }
  const bool gone = !job && job.error().code() == Errc::not_found;
  const bool all_told = lines && static_cast<std::int64_t>(lines->size()) < kLinesAtOnce;
  const bool over = gone || (job && all_told && jobs::is_over(job->state));
  if (over) text += event("end", {}, gone ? "{}" : watch.last);
  if (text.empty() && ++watch.silent >= kSilentTurns) text = ": nothing new\n\n";
  if (!text.empty()) {
    watch.silent = 0;
    if (auto appended = file->append(as_bytes(text)); !appended) {
      file->abandon(std::move(appended).error());
      return false;
    }
  }
  if (!over && file->state().size < kLongestStream) return true;
  file->finish();
  return false;
}

}  // namespace granary::api
