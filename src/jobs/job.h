#pragma once
/// The nouns of work that outlives a request. Values only.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace granary::jobs {

/// The topic of db::Database::on_change that says: something in the queue may be ready. Topics below zero are
/// this program's own; those of sources are above, 0 is the configuration.
inline constexpr std::int64_t kJobsTopic = -2;
/// Some running job was cancelled: who runs jobs renews their leases to learn which.
inline constexpr std::int64_t kCancelTopic = -3;

/// What to do, and when.
struct JobSpec {
  std::string kind{};            // "collect": lower-case letters, digits and '-'
  std::string arguments = "{}";  // JSON, parsed by the handler of that kind; at most 64 KiB
  /// While a job of this kind with this key waits or runs, submitting another gives that one. Empty: no
  /// limit.
  std::string key{};
  std::int64_t source = 0;    // the source that it is about, for lists; 0: none
  std::int64_t priority = 0;  // larger first; within one priority the oldest first
  Time not_before{};
  std::int64_t max_attempts = 5;
};

enum class State : std::uint8_t { waiting, running, succeeded, failed, cancelled };
std::string_view name_of(State state) noexcept;
std::optional<State> parse_state(std::string_view text) noexcept;
constexpr bool is_over(State state) noexcept { return state != State::waiting && state != State::running; }

struct Progress {
  std::int64_t done = 0, total = 0;  // total 0: not known
  std::string message;
};

/// One turn at a job. Only its holder may renew and finish; the number tells one turn from the next.
struct Lease {
  std::int64_t id = 0;
  std::int64_t number = 0;
};

/// A row of the queue.
struct Job {
  std::int64_t id = 0;
  JobSpec spec;
  State state = State::waiting;
  std::int64_t attempt = 0;  // the one that runs, or the last; 0 before the first
  std::int64_t lease_number = 0;
  std::string worker;  // who runs it, or did last
  bool cancel_requested = false;
  Progress progress;
  std::string error;   // why it failed, or why it is tried again
  std::string result;  // JSON that the last turn left, for who waits for it; may be empty
  Time created_at{};
  std::optional<Time> started_at, finished_at, lease_until;

  Lease lease() const noexcept { return {id, lease_number}; }
};

struct LogLine {
  std::int64_t number = 0;  // counts up within the job
  Time at{};
  std::string level;  // "info"
  std::string text;   // one line
};

}  // namespace granary::jobs
