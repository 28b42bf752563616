#include "jobs/rows.h"

#include "db/time_column.h"

namespace granary::jobs {

Result<Job> to_job(const db::Row& row) {
  Job job;
  job.id = row.integer(0);
  job.spec.kind = row.text(1);
  job.spec.arguments = row.text(2);
  job.spec.key = row.text(3);
  job.spec.source = row.integer(4);
  job.spec.priority = row.integer(5);
  job.spec.not_before = db::from_micros(row.integer(6));
  job.spec.max_attempts = row.integer(7);
  const auto state = parse_state(row.text(8));
  if (!state)
    return fail(Errc::corrupt, "job " + std::to_string(job.id) + " has an unknown state",
                "a newer granary may have written it: upgrade this node");
  job.state = *state;
  job.attempt = row.integer(9);
  job.lease_number = row.integer(10);
  job.lease_until = db::optional_time(row, 11);
  job.worker = row.text(12);
  job.cancel_requested = row.integer(13) != 0;
  job.progress = {row.integer(14), row.integer(15), std::string(row.text(16))};
  job.error = row.text(17);
  job.created_at = db::from_micros(row.integer(18));
  job.started_at = db::optional_time(row, 19);
  job.finished_at = db::optional_time(row, 20);
  job.result = row.text(21);
  return job;
}

}  // namespace granary::jobs
