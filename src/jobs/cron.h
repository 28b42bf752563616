#pragma once
/// When a schedule fires: the five fields of crontab(5), in UTC. Pure.

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace granary::jobs {

/// "30 3 * * mon-fri": minute, hour, day of the month, month, day of the week; with lists, ranges, steps and
/// English three-letter names; or @hourly, @daily, @weekly, @monthly, @yearly. When both days are restricted,
/// either is enough, as in cron.
class Cron {
 public:
  /// Errc::invalid_argument, also for a day that never comes.
  static Result<Cron> parse(std::string_view text);

  /// The first time after `time`, a whole minute.
  Time next_after(Time time) const;

 private:
  bool matches(std::chrono::year_month_day date, std::chrono::weekday day) const noexcept;
  /// The first matching day from `day` on, within `days`; what comes after it when there is none.
  std::chrono::sys_days first_day(std::chrono::sys_days day, int days) const;

  std::uint64_t minutes_ = 0, hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;  // bit n: n is in
  bool any_day_ = false, any_weekday_ = false;
};

}  // namespace granary::jobs
