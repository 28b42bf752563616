#pragma once
/// A job that runs on this node: what its handler reports, and why it shall stop.

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>

#include "base/log.h"
#include "jobs/handler.h"
#include "jobs/queue.h"

namespace granary::jobs {

enum class StopReason : std::uint8_t { none, cancelled, returned, lost };

/// Safe for concurrent use: a handler reports, the runner takes.
class Active final : public Turn {
 public:
  using Steady = Context::Clock;

  Active(Job job, std::shared_ptr<const Clock> clock, Steady::time_point leased_until)
      : job_(std::move(job)), clock_(std::move(clock)), leased_until_(leased_until) {}

  const Job& job() const noexcept override { return job_; }
  void progress(std::int64_t done, std::int64_t total, std::string message) override;
  void result(std::string json) override;
  void unable() override { unable_.store(true); }
  bool is_unable() const noexcept { return unable_.load(); }
  /// Only the newest kKeptLogLines are held until they are stored.
  void line(LogLevel level, std::string text);

  /// What is new since the last call.
  Report take_report();
  /// Puts back what could not be stored, before what came since.
  void give_back(Report report);
  bool has_news() const;

  /// Held while a report that was taken is being stored, so that the last one is not overtaken by the end.
  std::mutex& storing() noexcept { return storing_; }

  /// The first reason stays.
  void stop(StopReason reason);
  StopReason reason() const noexcept { return reason_.load(); }
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// Until when nobody else may have taken the job over.
  Steady::time_point leased_until() const noexcept { return leased_until_.load(); }
  void leased_until(Steady::time_point until) noexcept { leased_until_.store(until); }

 private:
  const Job job_;
  std::shared_ptr<const Clock> clock_;
  std::atomic<Steady::time_point> leased_until_;
  std::atomic<StopReason> reason_{StopReason::none};
  std::atomic<bool> unable_ = false;
  std::stop_source stop_;
  std::mutex storing_;
  mutable std::mutex mutex_;
  std::optional<Progress> progress_;
  std::optional<std::string> result_;
  std::deque<LogLine> lines_;
};

/// Lines go to `inner` (may be null) as ever, and from info on to the job.
std::shared_ptr<LogSink> make_job_log(std::shared_ptr<LogSink> inner, std::shared_ptr<Active> active);

}  // namespace granary::jobs
