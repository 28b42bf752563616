#include "api/meta_dates.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

using std::chrono::sys_days;
using namespace std::chrono_literals;

constexpr sys_days kMay1{2024y / 5 / 1};

TEST(MetaDates, OfOwnSourcesAreThoseOnWhichSomethingChanged) {
  const KnownDays own{{kMay1, kMay1 + std::chrono::days(5)}};
  EXPECT_EQ(listed_days(own, kMay1 + std::chrono::days(9)).size(), 2u);
  EXPECT_TRUE(listed_days({}, kMay1).empty());
}

TEST(MetaDates, OfAMirrorAreAllFromUpstreamsFirstOneOn) {
  const auto days = listed_days({{kMay1 + std::chrono::days(3)}, kMay1, true}, kMay1 + std::chrono::days(4));
  EXPECT_EQ(days.size(), 5u);
  EXPECT_EQ(days.front(), kMay1);
  const KnownDays undated{{kMay1}, {}, true};  // Bioconductor: since it was first seen
  EXPECT_EQ(listed_days(undated, kMay1 + std::chrono::days(2)).size(), 3u);
  EXPECT_TRUE(listed_days({{}, {}, true}, kMay1).empty());
}

TEST(MetaDates, AreWrittenInTheOrderAskedFor) {
  const std::vector<sys_days> days = {kMay1, kMay1 + std::chrono::days(1)};
  EXPECT_EQ(dates_json(days, false),
            R"([{"date":"2024-05-01","alias":"2024-05-01"},{"date":"2024-05-02","alias":"2024-05-02"}])");
  EXPECT_TRUE(dates_json(days, true).starts_with(R"([{"date":"2024-05-02")"));
}

}  // namespace
}  // namespace granary::api
