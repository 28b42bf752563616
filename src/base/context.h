#pragma once
/// What travels with every call that may block: how long it may take, whether to stop, how to log.

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

#include "base/remote_waits.h"
#include "base/result.h"

namespace granary {

class Logger;

/// Passed by const reference as the first argument. Copies are cheap; a child never out-waits its parent.
class Context {
 public:
  using Clock = std::chrono::steady_clock;

  Context(const Logger& log, std::stop_token stop, Clock::time_point deadline)
      : log_(&log), stop_(std::move(stop)), deadline_(deadline) {}

  const Logger& log() const noexcept { return *log_; }
  const std::stop_token& stop() const noexcept { return stop_; }
  Clock::time_point deadline() const noexcept { return deadline_; }
  Clock::duration remaining() const noexcept {
    return std::max(Clock::duration::zero(), deadline_ - Clock::now());
  }

  Context with_timeout(Clock::duration d) const {
    Context child = *this;
    child.deadline_ = std::min(deadline_, Clock::now() + d);
    return child;
  }
  Context with_log(const Logger& log) const {
    Context child = *this;
    child.log_ = &log;
    return child;
  }

  Context with_remote_waits(RemoteWaits& waits) const {
    Context child = *this;
    child.remote_waits_ = &waits;
    return child;
  }

  /// To be kept while the caller waits for another service. Error::crowded when as many do as may.
  Result<RemoteWaits::Turn> wait_for_remote() const {
    if (!remote_waits_) return RemoteWaits::Turn();
    if (auto turn = remote_waits_->enter()) return *std::move(turn);
    return tl::unexpected(Error(Errc::unavailable, "too many requests wait for other services",
                                "try again in a moment", __FILE__, __LINE__)
                              .as_crowded());
  }

  /// Loops call this once per turn.
  Result<> check() const {
    if (stop_.stop_requested()) return fail(Errc::cancelled, "cancelled");
    if (Clock::now() >= deadline_) return fail(Errc::deadline_exceeded, "took longer than its deadline");
    return {};
  }

 private:
  const Logger* log_;
  std::stop_token stop_;
  Clock::time_point deadline_;
  RemoteWaits* remote_waits_ = nullptr;  // null: no limit
};

}  // namespace granary
