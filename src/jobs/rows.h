#pragma once
/// Between rows and values.

#include <string>
#include <string_view>

#include "db/database.h"
#include "jobs/job.h"

namespace granary::jobs {

/// The columns that to_job() reads, in its order.
#define GRANARY_JOB_COLUMNS                                                                        \
  "id, kind, arguments, job_key, source, priority, not_before, max_attempts, state, attempt, "     \
  "lease_number, lease_until, worker, cancel_requested, done, total, message, error, created_at, " \
  "started_at, finished_at, result"
Result<Job> to_job(const db::Row& row);

}  // namespace granary::jobs
