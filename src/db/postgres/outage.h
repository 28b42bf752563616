#pragma once
/// Whether the server is away, so that not everybody waits to find that out.

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/context.h"
#include "base/file.h"

namespace granary::db {

/// While it is away one caller at a time tries, now and then; the others are told so at once. A server of
/// which the listener has said that it answers no more nobody tries but the listener: to wait for one that
/// is silent takes as long as one likes. Safe for concurrent use.
class Outage {
 public:
  using Time = Context::Clock::time_point;

  /// True: connect, and say how it went. False: it was tried just now, or the listener is at it.
  bool may_try(Time now) {
    const std::lock_guard lock(mutex_);
    if (silent_) return false;
    if (!away_) return true;
    if (trying_ || now < next_) return false;
    trying_ = true;
    return true;
  }
  /// Somebody else has reached the server.
  void over() {
    const std::lock_guard lock(mutex_);
    away_ = false;
    why_.reset();
    set_silent(false);
  }
  /// `why`: it was not reached, for those who are told so at once.
  void tried(bool reached, Time now, std::optional<Error> why = {}) {
    const std::lock_guard lock(mutex_);
    begin_if(!reached, now);
    why_ = std::move(why);
    away_ = !reached;
    trying_ = false;
    next_ = now + kBetween;
  }
  /// The listener, who will say over(), has no answer, or was refused.
  void lost(bool silent, Time now) {
    const std::lock_guard lock(mutex_);
    begin_if(silent, now);
    if (silent) why_.reset();               // it was that of another outage
    away_ = away_ || (silent_ && !silent);  // what was silent is tried by one at a time
    set_silent(silent);
  }
  /// Whether it has been away for less than `patience`; of one that just broke nobody knows yet.
  bool is_younger(std::chrono::milliseconds patience, Time now) const {
    const std::lock_guard lock(mutex_);
    return !(away_ || silent_) || now < since_ + patience;
  }
  /// Absent: nothing more is known than that it does not answer.
  std::optional<Error> why() const {
    const std::lock_guard lock(mutex_);
    return silent_ ? std::nullopt : why_;
  }
  bool is_silent() const {
    const std::lock_guard lock(mutex_);
    return silent_;
  }
  /// Readable while it is silent: waiting for an answer is not worth it. -1 when there could be none.
  int told_fd() const noexcept { return told_.get(); }

 private:
  void begin_if(bool failed, Time now) {
    if (failed && !away_ && !silent_) since_ = now;
  }
  void set_silent(bool silent) {
    std::uint64_t value = 1;
    if (std::exchange(silent_, silent) == silent) return;
    static_cast<void>(silent ? ::write(told_.get(), &value, sizeof value)
                             : ::read(told_.get(), &value, sizeof value));
  }

  static constexpr std::chrono::milliseconds kBetween{200};
  mutable std::mutex mutex_;
  const UniqueFd told_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  bool away_ = false;
  bool silent_ = false;
  bool trying_ = false;
  Time next_{};
  Time since_{};  // while it is away or silent
  std::optional<Error> why_;
};

}  // namespace granary::db
