#include "r/names.h"

#include <gtest/gtest.h>

namespace granary::r {
namespace {

TEST(PackageName, AllowsWhatRAllows) {
  for (const auto* name : {"R6", "ggplot2", "data.table", "Ab", "a1", "A.b.c", "a..b"})
    EXPECT_TRUE(is_package_name(name)) << name;
}

TEST(PackageName, RefusesWhatRRefuses) {
  for (const auto* name :
       {"", "R", "2ab", "a.", ".ab", "a_b", "a-b", "a b", "a/b", "caf\xc3\xa9", "ab\n", "..", "a\\b"})
    EXPECT_FALSE(is_package_name(name)) << name;
  EXPECT_FALSE(is_package_name(std::string(256, 'a')));
}

TEST(SourceFileName, SplitsAtTheUnderscore) {
  const auto parsed = parse_source_file_name("data.table_1.14-8.tar.gz");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->package, "data.table");
  EXPECT_EQ(parsed->version, "1.14-8");
  EXPECT_EQ(source_file_name(parsed->package, parsed->version), "data.table_1.14-8.tar.gz");
}

TEST(SourceFileName, RefusesEverythingElse) {
  for (const auto* name :
       {"", "a_1.0.tar.gz", "ab_1.0.zip", "ab_1.0.tgz", "ab-1.0.tar.gz", "ab_1.tar.gz", "ab_1.0_2.tar.gz",
        "../ab_1.0.tar.gz", "ab_1.0.tar.gz/", "ab_.tar.gz", "_1.0.tar.gz", ".tar.gz", "ab_1.0.TAR.GZ"})
    EXPECT_FALSE(parse_source_file_name(name)) << name;
}

}  // namespace
}  // namespace granary::r
