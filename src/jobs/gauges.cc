#include "jobs/gauges.h"

#include <map>
#include <mutex>

#include "base/log.h"

namespace granary::jobs {
namespace {

class Counted {
 public:
  Counted(std::shared_ptr<Queue> queue, std::shared_ptr<const Clock> clock)
      : queue_(std::move(queue)), clock_(std::move(clock)) {}

  double of(const std::string& kind, State state) {
    const std::lock_guard lock(mutex_);
    if (const auto now = clock_->now(); now >= next_) {
      next_ = now + std::chrono::seconds(5);
      refresh();
    }
    const auto at = counts_.find({kind, state});
    return at == counts_.end() ? 0 : static_cast<double>(at->second);
  }

 private:
  void refresh() {
    const Logger silent;
    const Context ctx(silent, std::stop_token(), Context::Clock::now() + std::chrono::seconds(2));
    const auto counts = queue_->counts(ctx);
    if (!counts) return;
    counts_.clear();
    for (const auto& count : *counts) counts_[{count.kind, count.state}] = count.jobs;
  }

  std::shared_ptr<Queue> queue_;
  std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  Time next_{};
  std::map<std::pair<std::string, State>, std::int64_t> counts_;
};

}  // namespace

void add_gauges(Metrics& metrics, std::shared_ptr<Queue> queue, std::shared_ptr<const Clock> clock,
                std::span<const std::string> kinds) {
  const auto counted = std::make_shared<Counted>(std::move(queue), std::move(clock));
  for (const auto& kind : kinds) {
    for (const auto state :
         {State::waiting, State::running, State::succeeded, State::failed, State::cancelled}) {
      metrics.gauge("granary_jobs", "Jobs of the cluster, by kind and state",
                    {{"kind", kind}, {"state", std::string(name_of(state))}},
                    [counted, kind, state] { return counted->of(kind, state); });
    }
  }
}

}  // namespace granary::jobs
