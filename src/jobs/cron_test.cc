#include "jobs/cron.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace granary::jobs {
namespace {

Time at(std::string_view day, int hour, int minute, int second = 0) {
  return Time(*parse_day(day)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::string next(std::string_view cron, Time after) {
  const auto parsed = Cron::parse(cron);
  return parsed ? rfc3339(parsed->next_after(after)).substr(0, 16) : "refused: " + parsed.error().message();
}

TEST(Cron, EveryMinuteIsTheNextWholeMinute) {
  EXPECT_EQ(next("* * * * *", at("2024-05-01", 12, 0)), "2024-05-01T12:01");
  EXPECT_EQ(next("* * * * *", at("2024-05-01", 12, 0, 59)), "2024-05-01T12:01");
}

TEST(Cron, ATimeOfDayIsTodayOrTomorrow) {
  EXPECT_EQ(next("30 3 * * *", at("2024-05-01", 3, 29)), "2024-05-01T03:30");
  EXPECT_EQ(next("30 3 * * *", at("2024-05-01", 3, 30)), "2024-05-02T03:30");
  EXPECT_EQ(next("@daily", at("2024-12-31", 12, 0)), "2025-01-01T00:00");
}

TEST(Cron, ListsRangesAndStepsAreTheirMembers) {
  EXPECT_EQ(next("*/20 * * * *", at("2024-05-01", 12, 21)), "2024-05-01T12:40");
  EXPECT_EQ(next("5,50 8-10/2 * * *", at("2024-05-01", 8, 50)), "2024-05-01T10:05");
  EXPECT_EQ(next("10/25 * * * *", at("2024-05-01", 12, 36)), "2024-05-01T13:10");
}

TEST(Cron, WeekdaysAndMonthsHaveNames) {
  EXPECT_EQ(next("0 0 * * MON", at("2024-05-01", 0, 0)), "2024-05-06T00:00");
  EXPECT_EQ(next("0 0 * * 7", at("2024-05-01", 0, 0)), "2024-05-05T00:00");
  EXPECT_EQ(next("0 0 * * fri-sun", at("2024-05-05", 0, 0)).substr(0, 7), "refused") << "Sunday is 0 here";
  EXPECT_EQ(next("0 0 * * fri-7", at("2024-05-04", 0, 0)), "2024-05-05T00:00");
  EXPECT_EQ(next("0 0 1 feb,aug *", at("2024-05-01", 0, 0)), "2024-08-01T00:00");
}

TEST(Cron, OfTwoRestrictedDaysEitherIsEnough) {
  EXPECT_EQ(next("0 0 13 * fri", at("2024-05-01", 0, 0)), "2024-05-03T00:00");
  EXPECT_EQ(next("0 0 13 * fri", at("2024-05-10", 0, 0)), "2024-05-13T00:00");
  EXPECT_EQ(next("0 0 13 * *", at("2024-05-01", 0, 0)), "2024-05-13T00:00");
}

TEST(Cron, TheLeapDayIsWaitedForAlsoAcrossACentury) {
  EXPECT_EQ(next("0 0 29 2 *", at("2024-03-01", 0, 0)), "2028-02-29T00:00");
  EXPECT_EQ(next("0 0 29 2 *", at("2096-03-01", 0, 0)), "2104-02-29T00:00");
}

TEST(Cron, WhatIsNoScheduleIsRefused) {
  for (const auto* text :
       {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
        "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,, * * * *", "-1 * * * *", "1- * * * *", "@often",
        "0 0 30 2 *", "99999999999999999999 * * * *"}) {
    const auto parsed = Cron::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), Errc::invalid_argument);
    EXPECT_FALSE(parsed.error().hint().empty()) << text;
  }
  EXPECT_FALSE(Cron::parse(std::string(1000, ' ') + "* * * * *"));
}

}  // namespace
}  // namespace granary::jobs
