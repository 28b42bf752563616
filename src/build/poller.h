#pragma once
/// Looks at the repositories of builders now and then, and orders a build when there is something new. Every
/// node may: a builder is looked at by one of them, once in an interval.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "build/build_job.h"

namespace granary::build {

/// One thread from start() on. Not a job, so that the list of jobs shows builds and not every look.
class Poller {
 public:
  /// `interval` 0: never looks.
  Poller(Parts parts, std::chrono::milliseconds interval, Logger log);
  ~Poller();

  void start();
  /// Looks at nothing more, until resume().
  void hold() noexcept { held_ = true; }
  void resume() noexcept { held_ = false; }

 private:
  void run(const std::stop_token& stop);
  void look_at_due(const std::stop_token& stop);
  /// A node that cannot look leaves builders to the others.
  const Result<Sandbox>& sandbox(const Context&);
  Result<> look_at(const Context&, const Builder&);
  /// One that is to be looked at here.
  Result<std::optional<Builder>> claim(const Context&);

  Parts parts_;
  std::chrono::milliseconds interval_;
  Logger log_;
  std::atomic<bool> held_ = false, complained_ = false;
  std::optional<Result<Sandbox>> sandbox_;  // as it was then
  Context::Clock::time_point tried_{};
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace granary::build
