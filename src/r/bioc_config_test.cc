#include "r/bioc_config.h"

#include <gtest/gtest.h>

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

TEST(BiocConfig, ThatNamesNoReleaseIsNone) {
  EXPECT_EQ(parse_bioc_config("<html>\n").error().code(), Errc::corrupt);
  EXPECT_EQ(parse_bioc_config("").error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace granary::r
