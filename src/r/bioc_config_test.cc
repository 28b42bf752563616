#include "r/bioc_config.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace granary::r {
namespace {

TEST(BiocConfig, SaysReleasesWithTheirRAndDay) {
  const auto config = parse_bioc_config(
      "# a comment\nrelease_version: \"3.20\"\nr_version_associated_with_release: \"4.4.2\"\n"
      "devel_version: '3.21'\nsingle_package_versions: []\nrelease_dates:\n  \"3.20\": \"10/30/2024\"\n"
      "  \"3.9\": \"5/3/2019\"\n  \"3.8\": \"31/31/2018\"\nr_ver_for_bioc_ver:\n  \"3.9\": \"3.6\"\n  "
      "\"3.20\": \"4.4\"\n  \"3.21\": \"4.5\"\n"
      "mirrors:\n- 0-Bioconductor:\n    - institution: x\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->release, "3.20");
  EXPECT_EQ(config->devel, "3.21");
  ASSERT_EQ(config->releases.size(), 3u);
  EXPECT_EQ(config->releases[0].version, "3.9");
  EXPECT_EQ(config->releases[0].r_version, "3.6");
  EXPECT_EQ(config->releases[1].released, std::chrono::sys_days(std::chrono::year(2024) / 10 / 30));
  EXPECT_EQ(config->releases[2].released, std::nullopt);
}

TEST(BiocConfig, TiesEachReleaseToADayOfCran) {
  const auto config = parse_bioc_config(
      "release_version: \"3.20\"\ndevel_version: \"3.21\"\nrelease_dates:\n  \"3.17\": \"4/26/2023\"\n"
      "  \"3.18\": \"10/25/2023\"\n  \"3.19\": \"5/1/2024\"\n  \"3.20\": \"10/30/2024\"\n"
      "release_last_built_dates:\n  \"3.18\": \"4/17/2024\"\n  \"3.19\": \"10/23/2024\"\n"
      "rspm_ver_for_bioc_ver:\n  \"3.19\": \"2024-10-29\"\n  \"3.20\": \"2025-04-02\"\n");
  ASSERT_TRUE(config);
  const auto day = [&](std::size_t i) {
    return config->releases[i].cran ? day_text(*config->releases[i].cran) : "latest";
  };
  EXPECT_EQ(day(0), "2023-10-25");  // 3.17, until 3.18 came
  EXPECT_EQ(day(1), "2024-04-17");
  EXPECT_EQ(day(2), "2024-10-29");
  EXPECT_EQ(day(3), "latest");
}

TEST(BiocConfig, ThatNamesNoReleaseIsNone) {
  EXPECT_EQ(parse_bioc_config("<html>\n").error().code(), Errc::corrupt);
  EXPECT_EQ(parse_bioc_config("").error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace granary::r
