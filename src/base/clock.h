#pragma once
/// Wall-clock time as a seam, so that no test sleeps.

#include <atomic>
#include <chrono>

namespace granary {

/// Microseconds since the epoch, UTC: the resolution of upload times (PEP 700) and of both databases.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Safe for concurrent use.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace granary
