#pragma once
/// Jobs that come again by the clock: each time of a schedule submits once in the whole cluster.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "db/database.h"
#include "jobs/job.h"

namespace granary::jobs {

struct Schedule {
  std::string name;  // "collect", "source:12"; unique
  std::string cron;  // as Cron::parse takes it
  JobSpec job;       // its not_before is ignored
};

/// A schedule and where it stands.
struct Scheduled {
  Schedule schedule;
  Time next_at{};
  std::optional<Time> last_at;
  std::int64_t last_job = 0;  // 0: never fired
};

/// Within a transaction of the caller. Keeps the next time while the cron text stays the same.
/// Errc::invalid_argument.
Result<> define(db::WriteSession&, const Schedule&, Time now);
/// Removing what is absent succeeds.
Result<> undefine(db::WriteSession&, std::string_view name);

/// Safe for concurrent use.
class Schedules {
 public:
  Schedules(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock)
      : database_(std::move(database)), clock_(std::move(clock)) {}

  /// A name that is there already gets the new text and job.
  Result<> define(const Context&, const Schedule&);
  Result<> undefine(const Context&, std::string_view name);
  Result<std::vector<Scheduled>> list(const Context&);

  /// Submits what is due and moves each schedule on to its next time after now: times that passed while no
  /// node ran are made up for once. How many fired here; another node may have been faster.
  Result<int> fire_due(const Context&);

 private:
  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
};

}  // namespace granary::jobs
