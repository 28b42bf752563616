#pragma once

#include "base/clock.h"

namespace granary {

/// Starts at 2024-05-01T12:00:00Z and moves only when told to.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = Time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)) +
                                  std::chrono::hours(12))
      : now_(start.time_since_epoch().count()) {}

  Time now() const noexcept override { return Time(std::chrono::microseconds(now_.load())); }
  void advance(std::chrono::microseconds by) noexcept { now_ += by.count(); }
  void set(Time to) noexcept { now_ = to.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace granary
