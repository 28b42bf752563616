#pragma once
/// Since when the object store answers nobody, so that who has just failed is told whether to wait for it.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/context.h"

namespace granary::blob::s3 {

/// An answer that says "later" is none. Safe for concurrent use.
class StoreOutage {
 public:
  using Time = Context::Clock::time_point;

  explicit StoreOutage(std::chrono::milliseconds patience) : patience_(patience) {}

  void answered() {
    const std::lock_guard lock(mutex_);
    ++answers_;
    since_.reset();
  }
  void failed(Time now) {
    const std::lock_guard lock(mutex_);
    // Who asked nobody for so long does not know whether it is still the same one.
    if (!since_ || now >= last_ + kUnknown) since_ = now;
    last_ = now;
  }
  /// To be kept at the beginning of a series of attempts.
  std::uint64_t answers() const {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  /// That a series failed is the store's trouble when it answered nobody meanwhile, not that of one object;
  /// which is likely to be over soon while it is younger than the patience.
  bool is_brief(std::uint64_t answers_at_begin, Time now) const {
    const std::lock_guard lock(mutex_);
    return since_ && answers_ == answers_at_begin && now < *since_ + patience_;
  }

 private:
  static constexpr std::chrono::seconds kUnknown{120};  // more than a service that is silent is waited for
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::uint64_t answers_ = 0;
  std::optional<Time> since_;
  Time last_{};  // failure
};

}  // namespace granary::blob::s3
