#pragma once
/// The time of the database, on every node: leases, schedules, upload times and days of snapshots are
/// compared between nodes, and a step of one machine's clock must not end another node's lease
/// (docs/adr/0023).

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/context.h"
#include "db/database.h"

namespace granary::cluster {

/// Counts on from what it was last told by a clock that no step touches. The machine's own time until it is
/// told anything, which is for ever on a single server. Safe for concurrent use.
class SharedClock final : public Clock {
 public:
  using Steady = std::chrono::steady_clock;

  explicit SharedClock(std::shared_ptr<const Clock> machine = std::make_shared<SystemClock>())
      : machine_(std::move(machine)) {}

  Time now() const noexcept override { return at(Steady::now()); }
  Time at(Steady::time_point) const noexcept;

  /// It was `theirs` somewhere between the two moments. Changes nothing when that is what this clock says, so
  /// that a slow answer moves no time.
  void tell(Time theirs, Steady::time_point asked, Steady::time_point answered) noexcept;

  /// How far the machine's clock is ahead of this one.
  std::chrono::microseconds machine_ahead() const noexcept { return machine_->now() - now(); }

 private:
  static constexpr std::int64_t kUntold = INT64_MIN;
  std::shared_ptr<const Clock> machine_;
  std::atomic<std::int64_t> offset_{kUntold};  // microseconds from the steady clock's to ours
};

/// Asks the database; SQLite has no time of its own, and nothing happens.
Result<> follow(db::Database&, const Context&, SharedClock&);

}  // namespace granary::cluster
