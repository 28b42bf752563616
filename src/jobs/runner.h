#pragma once
/// Runs jobs on this node: a bounded number at a time, each by the handler of its kind.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/active.h"
#include "jobs/handler.h"
#include "jobs/queue.h"
#include "jobs/schedules.h"

namespace granary::jobs {

struct RunnerOptions {
  std::string worker{};  // this node's name, unique in the cluster
  unsigned workers = 2;
  std::chrono::milliseconds lease{std::chrono::minutes(1)};
  std::chrono::milliseconds poll{std::chrono::seconds(5)};  // the net under announcements, and for schedules
  std::chrono::milliseconds report{std::chrono::seconds(1)};     // how often news of a running job are stored
  std::chrono::milliseconds time_limit{std::chrono::hours(24)};  // of one turn
  std::chrono::hours keep_finished{24 * 30};
  // How long what the node cannot do is left to others: doubles from the first time on.
  std::chrono::milliseconds first_unable{std::chrono::seconds(5)}, longest_unable{std::chrono::minutes(5)};
};

struct RunnerParts {
  std::shared_ptr<Queue> queue;
  std::shared_ptr<Schedules> schedules;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<LogSink> sink;  // may be null
  Metrics* metrics = nullptr;     // outlives the runner; may be null
  /// Asked after a job failed for want of something: whether that is the installation's own store, which does
  /// not answer just now. May be empty.
  std::function<bool(const Context&)> away{};
};

/// Threads: `workers` that run jobs, and one that renews leases, stores reports, fires schedules and prunes.
/// All methods are safe for concurrent use.
class Runner {
 public:
  Runner(RunnerParts parts, RunnerOptions options, std::vector<std::unique_ptr<Handler>> handlers);
  /// Drains, for as long as the handlers take to stop.
  ~Runner();

  void start();
  /// For db::Database::on_change; may be called when the runner is gone.
  std::function<void(std::span<const std::int64_t> topics)> listener() const;

  /// Takes no further job; those that run are told to stop and go back to the queue, for other nodes.
  void pause();
  /// Takes no further job; those that run are finished here.
  void hold();
  /// Ends pause() and hold().
  void resume();
  bool idle() const;
  /// Jobs that run here.
  std::size_t running() const;
  /// pause(), then waits until nothing runs. False when something still does after `patience`: its lease
  /// runs out when the process has ended, and another node takes it over.
  bool drain(std::chrono::milliseconds patience);

 private:
  using Steady = Context::Clock;

  void work(const std::stop_token& stop);
  void run(Job job);
  bool left_here(std::int64_t id);
  void put_off(const Job& job);
  bool store_is_away(const Result<>& outcome) const;
  Result<> call(Handler& handler, const Context& ctx, Active& active) const;
  void settle(Active& active, const Result<>& outcome, Steady::duration took);
  void keep(const std::stop_token& stop);
  void renew_all(bool at_once);
  bool renew(Active& active);
  void housekeeping();
  std::vector<std::shared_ptr<Active>> active() const;
  void note_ability(const Active& active, Ending ending);
  std::vector<KindOfSource> left_to_others() const;
  bool paused() const;  // or held
  Context context(std::chrono::milliseconds timeout) const;
  /// The first of a run of failures; later ones say nothing new.
  void complain(std::string_view what, const Error& error);

  RunnerParts parts_;
  RunnerOptions options_;
  Logger log_;
  std::map<std::string, std::unique_ptr<Handler>, std::less<>> handlers_;
  std::vector<std::string> kinds_, short_kinds_;  // all, and those that do not take long

  /// Shared with the listener, which must not keep the runner itself: the last to let go of that joins its
  /// threads, and the database's thread cannot.
  struct Bell {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::uint64_t wakes = 0;
    bool cancel_heard = false;
    void heard(std::span<const std::int64_t> topics);
  };
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::mutex& mutex_ = bell_->mutex;
  std::condition_variable_any& changed_ = bell_->changed;
  std::vector<std::shared_ptr<Active>> active_;
  /// What this node could not do, and when it tries again.
  struct Unable {
    Steady::time_point until;
    std::chrono::milliseconds pause;
  };
  std::map<KindOfSource, Unable> unable_;
  unsigned busy_ = 0;  // workers that run a job, or are asking for one
  unsigned long_ = 0;  // of these: that run one that takes long, or may get one
  bool paused_ = false, held_ = false, complained_ = false;
  // Of the keeping thread.
  Steady::time_point next_fire_{}, next_prune_{};
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace granary::jobs
