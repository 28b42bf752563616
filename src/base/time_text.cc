#include "base/time_text.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace granary {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> digits(std::string_view text) {
  const auto value = parse_unsigned(text);
  if (!value || *value > 9999) return std::nullopt;
  return static_cast<unsigned>(*value);
}

}  // namespace

std::string rfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  // An index page has thousands of these: without a format to be read each time.
  auto text = day_text(day);
  const auto add = [&](char before, std::int64_t number, std::int64_t unit) {
    text += before;
    for (; unit > 0; unit /= 10) text += static_cast<char>('0' + number / unit % 10);
  };
  add('T', clock.hours().count(), 10);
  add(':', clock.minutes().count(), 10);
  add(':', clock.seconds().count(), 10);
  add('.', clock.subseconds().count(), 100'000);
  return text += 'Z';
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const auto h = digits(text.substr(11, 2)), m = digits(text.substr(14, 2)), s = digits(text.substr(17, 2));
  if (!day || !h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  Time time = Time(*day) + std::chrono::hours(*h) + std::chrono::minutes(*m) + std::chrono::seconds(*s);
  text.remove_prefix(19);
  if (text.starts_with('.')) {
    std::int64_t unit = 100'000;
    std::size_t i = 1;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10)
      time += std::chrono::microseconds((text[i] - '0') * unit);
    if (i == 1) return std::nullopt;
    text.remove_prefix(i);
  }
  if (text == "Z" || text == "z") return time;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto oh = digits(text.substr(1, 2)), om = digits(text.substr(4, 2));
  if (!oh || !om || *oh > 23 || *om > 59) return std::nullopt;
  const auto offset = std::chrono::hours(*oh) + std::chrono::minutes(*om);
  return text[0] == '+' ? time - offset : time + offset;
}

std::string http_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  // Only the fixed-length form of RFC 9110 5.6.7: everything that clients send today.
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto d = digits(text.substr(5, 2)), y = digits(text.substr(12, 4));
  const auto h = digits(text.substr(17, 2)), m = digits(text.substr(20, 2)), s = digits(text.substr(23, 2));
  unsigned month = 0;
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (text.substr(8, 3) == kMonths[i]) month = i + 1;
  }
  if (!d || !y || !h || !m || !s || month == 0 || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)), std::chrono::month(month),
                                         std::chrono::day(*d)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*h) + std::chrono::minutes(*m) +
         std::chrono::seconds(*s);
}

std::string day_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999)
    return fmt::format("{:04}-{:02}-{:02}", year, static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
  std::string text = "0000-00-00";
  const auto put = [&](std::size_t last, unsigned number) {
    for (; number > 0; number /= 10) text[last--] = static_cast<char>('0' + number % 10);
  };
  put(3, static_cast<unsigned>(year));
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  return text;
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = digits(text.substr(0, 4)), m = digits(text.substr(5, 2)), d = digits(text.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)), std::chrono::month(*m),
                                         std::chrono::day(*d)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::chrono::milliseconds total{0};
  while (!text.empty()) {
    const auto end = text.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const auto count = parse_unsigned(text.substr(0, end));
    if (!count || *count > 1'000'000'000) return std::nullopt;
    text.remove_prefix(end);
    const auto next = text.find_first_of("0123456789");
    const std::string_view unit = text.substr(0, next);
    const auto n = static_cast<std::int64_t>(*count);
    if (unit == "ms")
      total += std::chrono::milliseconds(n);
    else if (unit == "s")
      total += std::chrono::seconds(n);
    else if (unit == "m")
      total += std::chrono::minutes(n);
    else if (unit == "h")
      total += std::chrono::hours(n);
    else if (unit == "d")
      total += std::chrono::hours(24 * n);
    else
      return std::nullopt;
    text.remove_prefix(unit.size());
  }
  return total;
}

}  // namespace granary
