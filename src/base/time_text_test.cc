#include "base/time_text.h"

#include <gtest/gtest.h>

namespace granary {
namespace {
using namespace std::chrono_literals;
constexpr auto kDay = std::chrono::sys_days(2024y / 5 / 1);

TEST(TimeText, WritesRfc3339AndHttpDates) {
  EXPECT_EQ(rfc3339(Time(kDay) + 12h + 34min + 56s + 7us), "2024-05-01T12:34:56.000007Z");
  EXPECT_EQ(http_date(kDay + 1s), "Wed, 01 May 2024 00:00:01 GMT");
  EXPECT_EQ(parse_http_date("Wed, 01 May 2024 00:00:01 GMT"), kDay + 1s);
  EXPECT_EQ(parse_http_date("yesterday"), std::nullopt);
}

TEST(TimeText, TakesOnlyRealCalendarDays) {
  EXPECT_EQ(parse_day("2024-05-01"), kDay);
  EXPECT_EQ(parse_day("2024-02-30"), std::nullopt);
  EXPECT_EQ(parse_day("2024-5-1"), std::nullopt);
  EXPECT_EQ(parse_day("20240501"), std::nullopt);
  EXPECT_EQ(parse_day("2024-05-01 "), std::nullopt);
}

TEST(TimeText, ParsesDurations) {
  EXPECT_EQ(parse_duration("1m15s"), 75s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("20d"), 480h);
  EXPECT_EQ(parse_duration("5"), std::nullopt);
  EXPECT_EQ(parse_duration("5x"), std::nullopt);
  EXPECT_EQ(parse_duration(""), std::nullopt);
}

TEST(Rfc3339, IsReadWithAnyFractionAndZone) {
  const auto time = parse_rfc3339("2024-05-01T12:00:00.123456Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(rfc3339(*time), "2024-05-01T12:00:00.123456Z");
  EXPECT_EQ(rfc3339(*parse_rfc3339("2024-05-01T12:00:00Z")), "2024-05-01T12:00:00.000000Z");
  EXPECT_EQ(rfc3339(*parse_rfc3339("2024-05-01T12:00:00.1234567+02:00")), "2024-05-01T10:00:00.123456Z");
  EXPECT_EQ(rfc3339(*parse_rfc3339("2024-05-01 00:30:00-01:30")), "2024-05-01T02:00:00.000000Z");
  for (const char* text :
       {"", "2024-05-01", "2024-05-01T12:00:00", "2024-02-30T12:00:00Z", "2024-05-01T24:00:00Z",
        "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00+0200", "2024-05-01T12:00:00Zx"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace granary
