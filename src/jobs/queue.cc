#include "jobs/queue.h"

#include <mutex>
#include <random>

#include "base/one_line.h"
#include "db/time_column.h"
#include "jobs/rows.h"

namespace granary::jobs {
namespace {

using db::from_micros;
using db::micros;
using db::Row;
using db::Session;
using db::WriteSession;

constexpr std::size_t kLongestMessage = 500, kLongestError = 2000;
constexpr std::int64_t kPrunedAtOnce = 50;
/// Who can take over what another node could not has done so by then.
constexpr auto kOthersPatience = std::chrono::seconds(4);

Result<std::int64_t> first_integer(Session& session, std::string_view sql,
                                   std::initializer_list<db::Value> values) {
  std::int64_t value = 0;
  TRY(session.query(sql, values, [&](const Row& row) -> Result<> {
    value = row.integer(0);
    return {};
  }));
  return value;
}

Result<std::optional<Job>> first_job(Session& session, std::string_view sql,
                                     std::initializer_list<db::Value> values) {
  std::optional<Job> job;
  TRY(session.query(sql, values, [&](const Row& row) -> Result<> {
    job = TRY(to_job(row));
    return {};
  }));
  return job;
}

tl::unexpected<Error> no_such(std::int64_t id) {
  return fail(Errc::not_found, "no job has the id " + std::to_string(id),
              "old jobs are removed: list what there is with: granary list jobs");
}

tl::unexpected<Error> lost(const Lease& lease) {
  return fail(Errc::conflict, "the lease of job " + std::to_string(lease.id) + " is lost",
              "another node has taken it over");
}

/// ",collect,verify,": kinds hold no comma and no wildcard, so that LIKE finds one in it.
std::string as_list(std::span<const std::string> kinds) {
  std::string list = ",";
  for (const auto& kind : kinds) (list += kind) += ',';
  return list;
}

/// ",build 12,build 13,"
std::string as_list(std::span<const KindOfSource> all) {
  std::string list = ",";
  for (const auto& one : all) list += one.kind + " " + std::to_string(one.source) + ",";
  return list;
}

/// Jobs whose holder has not renewed in time.
Result<> take_back_expired(WriteSession& session, std::int64_t now) {
  TRY(
      session.execute("UPDATE jobs SET state = 'cancelled', finished_at = $1, lease_until = NULL "
                      "WHERE state = 'running' AND lease_until <= $1 AND cancel_requested = 1",
                      {now}));
  TRY(
      session.execute("UPDATE jobs SET state = 'failed', finished_at = $1, lease_until = NULL, "
                      "error = 'its node stopped answering, at the last attempt' "
                      "WHERE state = 'running' AND lease_until <= $1 AND attempt >= max_attempts",
                      {now}));
  TRY(
      session.execute("UPDATE jobs SET state = 'waiting', not_before = $1, lease_until = NULL, "
                      "error = $2 WHERE state = 'running' AND lease_until <= $1",
                      {now, kNodeLost}));
  return {};
}

Result<> store(Session& session, std::int64_t id, const Report& report) {
  if (report.progress) {
    const auto& p = *report.progress;
    const auto message = one_line(p.message, kLongestMessage);
    TRY(session.execute("UPDATE jobs SET done = $2, total = $3, message = $4 WHERE id = $1",
                        {id, p.done, p.total, std::string_view(message)}));
  }
  if (report.result)
    TRY(session.execute("UPDATE jobs SET result = $2 WHERE id = $1", {id, std::string_view(*report.result)}));
  if (report.lines.empty()) return {};
  auto number =
      TRY(first_integer(session, "SELECT COALESCE(MAX(number), 0) FROM job_lines WHERE job = $1", {id}));
  for (const auto& line : report.lines) {
    const auto text = one_line(line.text, kLongestLogLine);
    TRY(session.execute(
        "INSERT INTO job_lines (job, number, at, level, line) VALUES ($1, $2, $3, $4, $5)",
        {id, ++number, micros(line.at), std::string_view(line.level), std::string_view(text)}));
  }
  TRY(session.execute("DELETE FROM job_lines WHERE job = $1 AND number <= $2", {id, number - kKeptLogLines}));
  return {};
}

bool is_counted(Ending ending) noexcept { return ending == Ending::done || ending == Ending::cancelled; }

/// What follows a turn.
State next_state(const Job& job, Ending ending, const Result<>& outcome) {
  if (ending == Ending::done && outcome) return State::succeeded;
  if (ending == Ending::cancelled || job.cancel_requested) return State::cancelled;
  if (!is_counted(ending)) return State::waiting;
  if (is_permanent(outcome.error().code()) || job.attempt >= job.spec.max_attempts) return State::failed;
  return State::waiting;
}

std::string text_of(const Error& error) {
  return one_line(error.hint().empty() ? error.message() : error.message() + "; " + error.hint(),
                  kLongestError);
}

class DatabaseQueue final : public Queue {
 public:
  DatabaseQueue(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock,
                RetryDelays delays)
      : database_(std::move(database)), clock_(std::move(clock)), delays_(delays) {}

  Result<std::int64_t> submit(const Context& ctx, const JobSpec& spec) override {
    std::int64_t id = 0;
    TRY(database_->write(ctx, [&](WriteSession& session) -> Result<> {
      id = TRY(jobs::submit(session, spec, clock_->now()));
      return {};
    }));
    return id;
  }

  Result<std::optional<Job>> lease(const Context& ctx, std::string_view worker,
                                   std::span<const std::string> kinds, std::chrono::milliseconds ttl,
                                   std::span<const KindOfSource> except) override {
    const auto list = as_list(kinds), left = as_list(except);
    const auto now = micros(clock_->now());
    bool any = false;
    TRY(database_->read(ctx, [&](Session& session) -> Result<> {
      any = TRY(first_integer(session,
                              "SELECT 1 FROM jobs WHERE state = 'running' AND lease_until <= $1 "
                              "UNION ALL SELECT 1 FROM jobs WHERE state = 'waiting' AND not_before <= $1 "
                              "AND $2 LIKE '%,' || kind || ',%' "
                              "AND $3 NOT LIKE '%,' || kind || ' ' || source || ',%' LIMIT 1",
                              {now, std::string_view(list), std::string_view(left)})) != 0;
      return {};
    }));
    if (!any) return std::nullopt;
    std::optional<Job> leased;
    TRY(database_->write(ctx, [&](WriteSession& session) -> Result<> {
      TRY(take_back_expired(session, now));
      leased = TRY(first_job(
          session,
          "UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_number = lease_number + 1, "
          "lease_until = $1, worker = $2, started_at = $3, done = 0, total = 0, message = '', result = '' "
          "WHERE id = (SELECT id FROM jobs WHERE state = 'waiting' AND not_before <= $3 "
          "AND $4 LIKE '%,' || kind || ',%' AND $5 NOT LIKE '%,' || kind || ' ' || source || ',%' "
          "ORDER BY priority DESC, id LIMIT 1) RETURNING " GRANARY_JOB_COLUMNS,
          {now + micros_of(ttl), worker, now, std::string_view(list), std::string_view(left)}));
      return {};
    }));
    return leased;
  }

  Result<bool> renew(const Context& ctx, const Lease& lease, std::chrono::milliseconds ttl,
                     const Report& report) override {
    std::optional<bool> stop;
    TRY(database_->write_aside(ctx, [&](Session& session) -> Result<> {
      stop.reset();
      TRY(session.query(
          "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_number = $2 "
          "AND state = 'running' RETURNING cancel_requested",
          {lease.id, lease.number, micros(clock_->now()) + micros_of(ttl)}, [&](const Row& row) -> Result<> {
            stop = row.integer(0) != 0;
            return {};
          }));
      if (!stop) return lost(lease);
      return store(session, lease.id, report);
    }));
    return *stop;
  }

  Result<State> finish(const Context& ctx, const Lease& lease, Ending ending, const Result<>& outcome,
                       const Report& report) override {
    const auto delay_chance = chance();
    State state{};
    TRY(database_->write(ctx, [&](WriteSession& session) -> Result<> {
      const auto job = TRY(first_job(session,
                                     "SELECT " GRANARY_JOB_COLUMNS
                                     " FROM jobs WHERE id = $1 AND lease_number = $2 AND state = 'running'",
                                     {lease.id, lease.number}));
      if (!job) return lost(lease);
      TRY(store(session, lease.id, report));
      state = next_state(*job, ending, outcome);
      const auto now = micros(clock_->now());
      auto not_before = now;
      if (state == State::waiting && ending == Ending::away)
        not_before += micros_of(away_delay(
            delays_, std::chrono::duration_cast<std::chrono::milliseconds>(clock_->now() - job->created_at),
            delay_chance));
      if (state == State::waiting && ending == Ending::done)
        not_before += micros_of(retry_delay(delays_, job->attempt, delay_chance));
      // A turn that was handed back did not fail.
      auto error = outcome || ending == Ending::returned ? std::string() : text_of(outcome.error());
      if (ending == Ending::unable && clock_->now() - job->created_at < kOthersPatience)
        error.insert(0, kLeftToOthers);
      const db::Value finished = is_over(state) ? db::Value(now) : db::Value(nullptr);
      TRY(
          session.execute("UPDATE jobs SET state = $2, attempt = $3, not_before = $4, finished_at = $5, "
                          "error = $6, lease_until = NULL WHERE id = $1",
                          {lease.id, name_of(state), job->attempt - (is_counted(ending) ? 0 : 1), not_before,
                           finished, std::string_view(error)}));
      session.announce(kJobsTopic);
      return {};
    }));
    return state;
  }

  Result<State> cancel(const Context& ctx, std::int64_t id) override {
    State state{};
    TRY(database_->write(ctx, [&](WriteSession& session) -> Result<> {
      const auto job =
          TRY(first_job(session, "SELECT " GRANARY_JOB_COLUMNS " FROM jobs WHERE id = $1", {id}));
      if (!job) return no_such(id);
      if (is_over(job->state))
        return fail(Errc::conflict,
                    "job " + std::to_string(id) + " is over already: " + std::string(name_of(job->state)),
                    "there is nothing to cancel");
      state = job->state == State::waiting ? State::cancelled : State::running;
      if (state == State::running) {
        TRY(session.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = $1", {id}));
        session.announce(kCancelTopic);
        return {};
      }
      TRY(session.execute(
          "UPDATE jobs SET state = 'cancelled', cancel_requested = 1, finished_at = $2 WHERE id = $1",
          {id, micros(clock_->now())}));
      session.announce(kJobsTopic);
      return {};
    }));
    return state;
  }

  Result<std::int64_t> prune(const Context& ctx, Time before) override {
    std::int64_t removed = 0;
    TRY(database_->write(ctx, [&](WriteSession& session) -> Result<> {
      removed =
          TRY(session.execute("DELETE FROM jobs WHERE id IN "
                              "(SELECT id FROM jobs WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)",
                              {micros(before), kPrunedAtOnce}));
      return {};
    }));
    return removed;
  }

  Result<std::vector<Job>> list(const Context& ctx, const Filter& filter) override {
    std::vector<Job> jobs;
    const auto state = filter.state ? name_of(*filter.state) : std::string_view();
    TRY(database_->read(ctx, [&](Session& session) -> Result<> {
      jobs.clear();
      return session.query("SELECT " GRANARY_JOB_COLUMNS
                           " FROM jobs WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR state = $2) "
                           "AND ($3 = 0 OR source = $3) AND ($4 = 0 OR id < $4) ORDER BY id DESC LIMIT $5",
                           {std::string_view(filter.kind), state, filter.source, filter.before, filter.limit},
                           [&](const Row& row) -> Result<> {
                             jobs.push_back(TRY(to_job(row)));
                             return {};
                           });
    }));
    return jobs;
  }

  Result<Job> get(const Context& ctx, std::int64_t id) override {
    std::optional<Job> job;
    TRY(database_->read(ctx, [&](Session& session) -> Result<> {
      job = TRY(first_job(session, "SELECT " GRANARY_JOB_COLUMNS " FROM jobs WHERE id = $1", {id}));
      return {};
    }));
    if (!job) return no_such(id);
    return *std::move(job);
  }

  Result<std::vector<LogLine>> log(const Context& ctx, std::int64_t id, std::int64_t after,
                                   std::int64_t limit) override {
    std::vector<LogLine> lines;
    TRY(database_->read(ctx, [&](Session& session) -> Result<> {
      lines.clear();
      return session.query(
          "SELECT number, at, level, line FROM job_lines WHERE job = $1 AND number > $2 "
          "ORDER BY number LIMIT $3",
          {id, after, limit}, [&](const Row& row) -> Result<> {
            lines.push_back({row.integer(0), from_micros(row.integer(1)), std::string(row.text(2)),
                             std::string(row.text(3))});
            return {};
          });
    }));
    return lines;
  }

  Result<std::vector<Count>> counts(const Context& ctx) override {
    std::vector<Count> counts;
    TRY(database_->read(ctx, [&](Session& session) -> Result<> {
      counts.clear();
      return session.query("SELECT kind, state, COUNT(*) FROM jobs GROUP BY kind, state", {},
                           [&](const Row& row) -> Result<> {
                             if (const auto state = parse_state(row.text(1)))
                               counts.push_back({std::string(row.text(0)), *state, row.integer(2)});
                             return {};
                           });
    }));
    return counts;
  }

 private:
  static std::int64_t micros_of(std::chrono::microseconds d) noexcept { return d.count(); }
  double chance() {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(random_);
  }

  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
  RetryDelays delays_;
  std::mutex mutex_;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace

Result<std::int64_t> submit(db::WriteSession& session, const JobSpec& spec, Time now) {
  TRY(check(spec));
  const auto not_before = micros(std::max(spec.not_before, now));
  if (!spec.key.empty()) {
    const auto there = TRY(first_integer(
        session, "SELECT id FROM jobs WHERE kind = $1 AND job_key = $2 AND state IN ('waiting', 'running')",
        {std::string_view(spec.kind), std::string_view(spec.key)}));
    if (there != 0) {
      // Who asks again does not want to wait for a later turn than asked for now.
      const auto hurried = TRY(session.execute(
          "UPDATE jobs SET not_before = CASE WHEN not_before < $2 THEN not_before ELSE $2 END, "
          "priority = CASE WHEN priority > $3 THEN priority ELSE $3 END WHERE id = $1 AND "
          "state = 'waiting' AND (not_before > $2 OR priority < $3)",
          {there, not_before, spec.priority}));
      if (hurried != 0) session.announce(kJobsTopic);
      return there;
    }
  }
  const auto id = TRY(first_integer(
      session,
      "INSERT INTO jobs (kind, arguments, job_key, source, priority, not_before, max_attempts, state, "
      "attempt, "
      "lease_number, worker, cancel_requested, done, total, message, error, created_at) VALUES "
      "($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, 0, '', 0, 0, 0, '', '', $8) RETURNING id",
      {std::string_view(spec.kind), std::string_view(spec.arguments), std::string_view(spec.key), spec.source,
       spec.priority, not_before, spec.max_attempts, micros(now)}));
  session.announce(kJobsTopic);
  return id;
}

std::unique_ptr<Queue> make_queue(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock,
                                  RetryDelays delays) {
  return std::make_unique<DatabaseQueue>(std::move(database), std::move(clock), delays);
}

}  // namespace granary::jobs
