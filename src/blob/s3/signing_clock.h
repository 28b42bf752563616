#pragma once
/// The time that requests to services of AWS are signed with.

#include <atomic>
#include <chrono>

#include "base/clock.h"
#include "net/http_client.h"

namespace granary::blob::s3 {

/// That of the machine until a service refuses it: they take no signature that is more than a quarter of an
/// hour off, and say in the Date of their answer what time they have. Safe for concurrent use.
class SigningClock {
 public:
  /// `clock` outlives it; null: that of the machine.
  explicit SigningClock(const Clock* clock) : clock_(clock) {}

  Time now() const { return machine() + ahead_.load(); }
  /// After a refusal of what was signed at that time: true when the time was why, and now() is right now.
  bool correct(const net::Response& refusal, Time signed_at);

 private:
  Time machine() const { return clock_ ? clock_->now() : SystemClock().now(); }

  const Clock* clock_;
  std::atomic<Time::duration> ahead_{Time::duration::zero()};  // of the service
};

}  // namespace granary::blob::s3
