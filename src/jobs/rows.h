#pragma once
/// Between rows and values.

#include <optional>
#include <string>
#include <string_view>

#include "db/database.h"
#include "jobs/job.h"

namespace granary::jobs {

inline std::int64_t micros(Time time) noexcept { return time.time_since_epoch().count(); }
inline Time from_micros(std::int64_t value) noexcept { return Time(std::chrono::microseconds(value)); }
inline std::optional<Time> optional_time(const db::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.integer(column));
}

/// The columns that to_job() reads, in its order.
#define GRANARY_JOB_COLUMNS                                                                        \
  "id, kind, arguments, job_key, source, priority, not_before, max_attempts, state, attempt, "     \
  "lease_number, lease_until, worker, cancel_requested, done, total, message, error, created_at, " \
  "started_at, finished_at, result"
Result<Job> to_job(const db::Row& row);

}  // namespace granary::jobs
