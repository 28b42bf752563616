#pragma once
/// How hard background jobs may press an upstream: so many requests per second, so many at once.

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/context.h"

namespace granary::upstream {

/// Safe for concurrent use. Shared by all jobs of one upstream.
class Pace {
 public:
  /// `per_second` 0: only `at_once` counts.
  Pace(double per_second, int at_once) : per_second_(per_second), free_(at_once) {}

  /// One request, until it is destroyed.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(Pace& pace) : pace_(&pace) {}
    Turn(Turn&& other) noexcept : pace_(std::exchange(other.pace_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(pace_, other.pace_);
      return *this;
    }
    ~Turn();

   private:
    Pace* pace_ = nullptr;
  };
  /// Waits for a turn. Fails as the context does.
  Result<Turn> take(const Context& ctx);

  /// Reserves the next place in time: how long to wait for it. Requests are spread evenly; time that nobody
  /// used is lost. For take(); apart so that it can be tested without waiting.
  Context::Clock::duration reserve(Context::Clock::time_point now);

 private:
  const double per_second_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  int free_;
  Context::Clock::time_point next_{};
};

}  // namespace granary::upstream
