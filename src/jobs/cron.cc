#include "jobs/cron.h"

#include <array>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"

namespace granary::jobs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr std::size_t kLongest = 256;
/// The 29th of February can be eight years away.
constexpr int kDaysAhead = 366 * 8 + 2;

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view what;
  unsigned first, last;
  std::span<const std::string_view> names;  // of first, first + 1, ...
};

constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day of the month", 1, 31, {}},
                                           {"month", 1, 12, kMonths},
                                           {"day of the week", 0, 7, kWeekdays}}};

tl::unexpected<Error> refused(const Field& field, std::string_view text) {
  return fail(Errc::invalid_argument,
              "'" + std::string(text) + "' is no " + std::string(field.what) + " of a schedule",
              "numbers from " + std::to_string(field.first) + " to " + std::to_string(field.last) +
                  ", with '*', ',', '-' and '/' as in crontab");
}

std::optional<unsigned> number_in(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (equals_ignore_case(text, field.names[i])) return field.first + static_cast<unsigned>(i);
  }
  const auto number = parse_unsigned(text);
  if (!number || *number < field.first || *number > field.last) return std::nullopt;
  return static_cast<unsigned>(*number);
}

/// "5", "1-5", "*", each with "/step".
Result<std::uint64_t> parse_part(const Field& field, std::string_view part) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  std::uint64_t step = 1;
  if (slash != std::string_view::npos) {
    const auto given = parse_unsigned(part.substr(slash + 1));
    if (!given || *given == 0 || *given > field.last) return refused(field, part);
    step = *given;
  }
  std::optional<unsigned> from = field.first, to = field.last;
  if (range != "*") {
    const auto dash = range.find('-');
    from = number_in(field, range.substr(0, dash));
    if (dash != std::string_view::npos) {
      to = number_in(field, range.substr(dash + 1));
    } else if (slash == std::string_view::npos) {
      to = from;  // "5/10" runs to the end, "5" is itself
    }
  }
  if (!from || !to || *from > *to) return refused(field, part);
  std::uint64_t bits = 0;
  for (std::uint64_t n = *from; n <= *to; n += step) bits |= std::uint64_t{1} << n;
  return bits;
}

Result<std::uint64_t> parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  for (const auto part : split(text, ',')) bits |= TRY(parse_part(field, part));
  return bits;
}

std::string_view written_out(std::string_view text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return text;
}

bool has(std::uint64_t bits, unsigned n) noexcept { return (bits >> n & 1) != 0; }

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  std::vector<std::string_view> parts;
  if (text.size() <= kLongest) {
    for (const auto part : split(written_out(trim(text)), ' ')) {
      if (const auto word = trim(part); !word.empty()) parts.push_back(word);
    }
  }
  if (parts.size() != kFields.size())
    return fail(Errc::invalid_argument,
                "a schedule has five fields: minute, hour, day, month, day of the week",
                "for each night at half past three write: 30 3 * * *");
  Cron cron;
  cron.minutes_ = TRY(parse_field(kFields[0], parts[0]));
  cron.hours_ = TRY(parse_field(kFields[1], parts[1]));
  cron.days_ = TRY(parse_field(kFields[2], parts[2]));
  cron.months_ = TRY(parse_field(kFields[3], parts[3]));
  cron.weekdays_ = TRY(parse_field(kFields[4], parts[4]));
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1;  // Sunday has two numbers
  cron.any_day_ = parts[2].front() == '*';
  cron.any_weekday_ = parts[4].front() == '*';
  const sys_days start = std::chrono::year(2000) / 1 / 1;  // any run of leap years will do
  if (cron.first_day(start, kDaysAhead) >= start + days(kDaysAhead))
    return fail(Errc::invalid_argument, "the schedule names a day that never comes",
                "check its day and its month");
  return cron;
}

bool Cron::matches(std::chrono::year_month_day date, std::chrono::weekday day) const noexcept {
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_day = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, day.c_encoding());
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

sys_days Cron::first_day(sys_days day, int within) const {
  const auto end = day + days(within);
  while (day < end && !matches(std::chrono::year_month_day(day), std::chrono::weekday(day))) day += days(1);
  return day;
}

Time Cron::next_after(Time time) const {
  const auto minute = std::chrono::floor<minutes>(time) + minutes(1);
  const auto today = std::chrono::floor<days>(minute);
  const auto since = minute - today;
  auto day = first_day(today, kDaysAhead);
  if (day == today) {
    for (auto at = since; at < days(1);) {
      const auto hour = std::chrono::floor<hours>(at);
      if (!has(hours_, static_cast<unsigned>(hour.count()))) {
        at = hour + hours(1);
      } else if (has(minutes_, static_cast<unsigned>((at - hour).count()))) {
        return today + at;
      } else {
        at += minutes(1);
      }
    }
    day = first_day(today + days(1), kDaysAhead);
  }
  return day + hours(std::countr_zero(hours_)) + minutes(std::countr_zero(minutes_));
}

}  // namespace granary::jobs
