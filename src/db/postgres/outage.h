#pragma once
/// Whether the server is away, so that not everybody waits to find that out.

#include <chrono>
#include <mutex>

#include "base/context.h"

namespace granary::db {

/// While it is away one caller at a time tries, now and then; the others are told so at once. Safe for
/// concurrent use.
class Outage {
 public:
  using Time = Context::Clock::time_point;

  /// True: connect, and say how it went. False: it was tried just now.
  bool may_try(Time now) {
    const std::lock_guard lock(mutex_);
    if (!away_) return true;
    if (trying_ || now < next_) return false;
    trying_ = true;
    return true;
  }
  /// Somebody else has reached the server.
  void over() {
    const std::lock_guard lock(mutex_);
    away_ = false;
  }
  void tried(bool reached, Time now) {
    const std::lock_guard lock(mutex_);
    away_ = !reached;
    trying_ = false;
    next_ = now + kBetween;
  }

 private:
  static constexpr std::chrono::milliseconds kBetween{200};
  std::mutex mutex_;
  bool away_ = false;
  bool trying_ = false;
  Time next_{};
};

}  // namespace granary::db
