#pragma once
/// Times in columns: BIGINT microseconds since 1970.

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "db/database.h"

namespace granary::db {

inline std::int64_t micros(Time time) noexcept { return time.time_since_epoch().count(); }
inline Time from_micros(std::int64_t value) noexcept { return Time(std::chrono::microseconds(value)); }
/// Absent for NULL.
inline std::optional<Time> optional_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.integer(column));
}

}  // namespace granary::db
