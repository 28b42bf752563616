/// The tables. Expand only: a released migration is never edited.

#include <array>

#include "jobs/queue.h"

namespace granary::jobs {
namespace {

// lease_number counts the turns of a job, so that who lost a lease can never finish it. The two partial
// indexes are small whatever the history: they hold what waits or runs.
constexpr std::string_view kInitial = R"sql(
CREATE TABLE jobs (
  id {id},
  kind {text} NOT NULL,
  arguments TEXT NOT NULL,
  job_key {text} NOT NULL,
  source BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  not_before BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  state {text} NOT NULL,
  attempt BIGINT NOT NULL,
  lease_number BIGINT NOT NULL,
  lease_until BIGINT,
  worker TEXT NOT NULL,
  cancel_requested BIGINT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  message TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, job_key)
  WHERE job_key <> '' AND state IN ('waiting', 'running');
CREATE INDEX jobs_that_wait ON jobs (priority DESC, id) WHERE state = 'waiting';
CREATE INDEX jobs_that_run ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_by_end ON jobs (finished_at);
CREATE INDEX jobs_by_state ON jobs (state, kind);
CREATE INDEX jobs_by_source ON jobs (source, id);
CREATE TABLE job_lines (
  job BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  level TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (job, number)
);
CREATE TABLE job_schedules (
  name {text} NOT NULL PRIMARY KEY,
  cron TEXT NOT NULL,
  kind {text} NOT NULL,
  arguments TEXT NOT NULL,
  job_key {text} NOT NULL,
  source BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  last_at BIGINT,
  last_job BIGINT
);
CREATE INDEX job_schedules_by_time ON job_schedules (next_at);
)sql";

constexpr std::string_view kResults = R"sql(
ALTER TABLE jobs ADD COLUMN result TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array<db::Migration, 2> kMigrations = {{{"jobs.0001", kInitial}, {"jobs.0002", kResults}}};

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

}  // namespace granary::jobs
