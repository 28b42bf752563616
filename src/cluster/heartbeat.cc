#include "cluster/heartbeat.h"

#include <algorithm>

namespace granary::cluster {
namespace {

using std::chrono::seconds;

constexpr auto kPatience = seconds(5);
constexpr auto kWhileDraining = seconds(1);
constexpr auto kForgotten = std::chrono::hours(7 * 24);

}  // namespace

Heartbeat::Heartbeat(HeartbeatParts parts) : parts_(std::move(parts)) {}

Heartbeat::~Heartbeat() {
  const bool started = thread_.joinable();
  thread_.request_stop();
  if (started) thread_.join();
  if (!heard_) return;
  const Context ctx(parts_.log, std::stop_token(), Context::Clock::now() + seconds(2));
  if (const auto told = parts_.nodes->stopped(ctx, parts_.self.name); !told)
    parts_.log.debug("cannot tell the other nodes that this one stops: " + told.error().message());
}

void Heartbeat::start(const Context& ctx) {
  beat(ctx.with_timeout(kPatience));
  if (const auto gone = heard_ ? parts_.nodes->forget(ctx.with_timeout(kPatience), kForgotten) : Result<>();
      !gone)
    parts_.log.failed("cannot forget the nodes that are gone", gone.error());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::function<void(std::span<const std::int64_t>)> Heartbeat::listener() const {
  return [bell = bell_](std::span<const std::int64_t> topics) {
    if (!topics.empty() && std::find(topics.begin(), topics.end(), kNodesTopic) == topics.end()) return;
    {
      const std::lock_guard lock(bell->mutex);
      bell->rung = true;
    }
    bell->changed.notify_all();
  };
}

void Heartbeat::beat(const Context& ctx) {
  parts_.keep_time(ctx);
  const auto running = parts_.running();
  last_running_ = running;
  std::optional<bool> wanted;
  bool told = false;
  if (const auto heard = parts_.nodes->beat(ctx, parts_.self, online_, running)) {
    heard_ = told = true;
    parts_.agree(heard->format);
    wanted = heard->wanted_online;
  } else if (const auto read = parts_.nodes->wanted_online(ctx, parts_.self.name); read) {
    wanted = read->value_or(true);
  } else {
    if (!std::exchange(complained_, true))
      parts_.log.failed("cannot tell the other nodes that this one lives, trying again", heard.error());
    return;
  }
  complained_ = false;
  if (*wanted == online_) return;
  if (*wanted && told && !may_begin(ctx, running)) return;
  online_ = *wanted;
  parts_.log.info(*wanted ? "online" : "offline: /__ping__ fails, no job is begun", {{"node", name()}});
  parts_.obey(*wanted);
  // The list is to show at once that the node obeyed, and what was begun until it did.
  last_running_ = parts_.running();
  if (heard_) static_cast<void>(parts_.nodes->beat(ctx, parts_.self, *wanted, last_running_));
}

/// A node that is listed as offline begins nothing: it says first that it is online. False: it may be wanted
/// offline again by now.
bool Heartbeat::may_begin(const Context& ctx, std::int64_t running) {
  const auto heard = parts_.nodes->beat(ctx, parts_.self, true, running);
  if (heard && !heard->wanted_online) static_cast<void>(parts_.nodes->beat(ctx, parts_.self, false, running));
  return heard && heard->wanted_online;
}

std::chrono::milliseconds Heartbeat::pause() const {
  const bool draining = !online_ && last_running_ > 0;
  return draining ? std::min<std::chrono::milliseconds>(kWhileDraining, parts_.every) : parts_.every;
}

void Heartbeat::run(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(bell_->mutex);
      bell_->changed.wait_for(lock, stop, pause(), [&] { return bell_->rung; });
      bell_->rung = false;
    }
    if (stop.stop_requested()) return;
    beat(Context(parts_.log, stop, Context::Clock::now() + kPatience));
  }
}

}  // namespace granary::cluster
