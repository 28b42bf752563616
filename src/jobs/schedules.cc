#include "jobs/schedules.h"

#include "db/time_column.h"
#include "jobs/cron.h"
#include "jobs/queue.h"
#include "jobs/rows.h"

namespace granary::jobs {
namespace {

using db::from_micros;
using db::micros;

#define GRANARY_SCHEDULE_COLUMNS \
  "name, cron, kind, arguments, job_key, source, priority, max_attempts, next_at, last_at, last_job"

Scheduled to_scheduled(const db::Row& row) {
  Scheduled s;
  s.schedule.name = row.text(0);
  s.schedule.cron = row.text(1);
  s.schedule.job.kind = row.text(2);
  s.schedule.job.arguments = row.text(3);
  s.schedule.job.key = row.text(4);
  s.schedule.job.source = row.integer(5);
  s.schedule.job.priority = row.integer(6);
  s.schedule.job.max_attempts = row.integer(7);
  s.next_at = from_micros(row.integer(8));
  s.last_at = optional_time(row, 9);
  s.last_job = row.integer(10);
  return s;
}

/// True when this node moved it on: whoever changes the time that it read submits the job, in one
/// transaction.
Result<bool> fire(db::WriteSession& session, const Scheduled& due, Time now) {
  const auto cron = TRY(Cron::parse(due.schedule.cron));
  const auto moved = TRY(session.execute(
      "UPDATE job_schedules SET next_at = $3, last_at = $4 WHERE name = $1 AND next_at = $2",
      {std::string_view(due.schedule.name), micros(due.next_at), micros(cron.next_after(now)), micros(now)}));
  if (moved == 0) return false;
  const auto id = TRY(submit(session, due.schedule.job, now));
  TRY(session.execute("UPDATE job_schedules SET last_job = $2 WHERE name = $1",
                      {std::string_view(due.schedule.name), id}));
  return true;
}

}  // namespace

Result<> define(db::WriteSession& session, const Schedule& schedule, Time now) {
  const auto cron = TRY(Cron::parse(schedule.cron));
  TRY(check(schedule.job));
  const auto& job = schedule.job;
  TRY(
      session.execute("INSERT INTO job_schedules (name, cron, kind, arguments, job_key, source, priority, "
                      "max_attempts, next_at) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO UPDATE SET "
                      "next_at = CASE WHEN job_schedules.cron = excluded.cron THEN job_schedules.next_at "
                      "ELSE excluded.next_at END, cron = excluded.cron, kind = excluded.kind, "
                      "arguments = excluded.arguments, job_key = excluded.job_key, source = excluded.source, "
                      "priority = excluded.priority, max_attempts = excluded.max_attempts",
                      {std::string_view(schedule.name), std::string_view(schedule.cron),
                       std::string_view(job.kind), std::string_view(job.arguments), std::string_view(job.key),
                       job.source, job.priority, job.max_attempts, micros(cron.next_after(now))}));
  return {};
}

Result<> undefine(db::WriteSession& session, std::string_view name) {
  TRY(session.execute("DELETE FROM job_schedules WHERE name = $1", {name}));
  return {};
}

Result<> Schedules::define(const Context& ctx, const Schedule& schedule) {
  return database_->write(
      ctx, [&](db::WriteSession& session) { return jobs::define(session, schedule, clock_->now()); });
}

Result<> Schedules::undefine(const Context& ctx, std::string_view name) {
  return database_->write(ctx, [&](db::WriteSession& session) { return jobs::undefine(session, name); });
}

Result<std::vector<Scheduled>> Schedules::list(const Context& ctx) {
  std::vector<Scheduled> all;
  TRY(database_->read(ctx, [&](db::Session& session) {
    all.clear();
    return session.query("SELECT " GRANARY_SCHEDULE_COLUMNS " FROM job_schedules ORDER BY name", {},
                         [&](const db::Row& row) -> Result<> {
                           all.push_back(to_scheduled(row));
                           return {};
                         });
  }));
  return all;
}

Result<int> Schedules::fire_due(const Context& ctx) {
  const auto now = clock_->now();
  std::vector<Scheduled> due;
  TRY(database_->read(ctx, [&](db::Session& session) {
    due.clear();
    return session.query("SELECT " GRANARY_SCHEDULE_COLUMNS
                         " FROM job_schedules WHERE next_at <= $1 ORDER BY next_at LIMIT 100",
                         {micros(now)}, [&](const db::Row& row) -> Result<> {
                           due.push_back(to_scheduled(row));
                           return {};
                         });
  }));
  int fired = 0;
  for (const auto& one : due) {
    bool ours = false;
    TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
      ours = TRY(fire(session, one, now));
      return {};
    }));
    if (ours) ++fired;
  }
  return fired;
}

}  // namespace granary::jobs
