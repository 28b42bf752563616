#pragma once
/// Times as text, UTC always.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace granary {

std::string rfc3339(Time time);  // 2024-05-01T12:00:00.123456Z
/// With seconds and a zone, 'Z' or an offset; digits past the microsecond are dropped.
std::optional<Time> parse_rfc3339(std::string_view text);
std::string http_date(std::chrono::sys_seconds time);  // Wed, 01 May 2024 12:00:00 GMT (RFC 9110)
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);
std::string day_text(std::chrono::sys_days day);  // 2024-05-01
/// Strictly YYYY-MM-DD and a real calendar day.
std::optional<std::chrono::sys_days> parse_day(std::string_view text);
/// "500ms", "30s", "1m15s", "2h", "20d"; nothing else (no bare numbers).
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace granary
