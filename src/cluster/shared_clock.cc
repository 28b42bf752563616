#include "cluster/shared_clock.h"

namespace granary::cluster {
namespace {

std::int64_t micros(SharedClock::Steady::time_point at) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

Time SharedClock::at(Steady::time_point moment) const noexcept {
  const auto offset = offset_.load(std::memory_order_relaxed);
  if (offset == kUntold) return machine_->now();
  return Time(std::chrono::microseconds(micros(moment) + offset));
}

void SharedClock::tell(Time theirs, Steady::time_point asked, Steady::time_point answered) noexcept {
  const auto at = theirs.time_since_epoch().count();
  const auto least = at - micros(answered), most = at - micros(asked);
  const auto known = offset_.load(std::memory_order_relaxed);
  if (known != kUntold && known >= least && known <= most) return;
  offset_.store(least + (most - least) / 2, std::memory_order_relaxed);
}

Result<> follow(db::Database& database, const Context& ctx, SharedClock& clock) {
  if (database.dialect() != db::Dialect::postgres) return {};
  return database.read(ctx, [&](db::Session& session) -> Result<> {
    const auto asked = SharedClock::Steady::now();
    return session.query("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)", {},
                         [&](const db::Row& row) -> Result<> {
                           clock.tell(Time(std::chrono::microseconds(row.integer(0))), asked,
                                      SharedClock::Steady::now());
                           return {};
                         });
  });
}

}  // namespace granary::cluster
