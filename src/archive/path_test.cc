#include "archive/path.h"

#include <gtest/gtest.h>

namespace granary::archive {
namespace {

TEST(Path, RemovesEmptyAndDotParts) {
  EXPECT_EQ(clean_path("./a//b/./c/", 100).value(), "a/b/c");
  EXPECT_EQ(clean_path("./", 100).value(), "");
  EXPECT_EQ(clean_path("a/..b/c..", 100).value(), "a/..b/c..");
}

TEST(Path, RefusesWhatWouldLandOutside) {
  using namespace std::string_literals;
  for (const auto& raw :
       {""s, "/etc/passwd"s, "../a"s, "a/../b"s, "a/.."s, "a\\..\\b"s, "C:/a"s, "c:a"s, "a\0b"s, "a\nb"s}) {
    const auto got = clean_path(raw, 100);
    ASSERT_FALSE(got) << raw;
    EXPECT_EQ(got.error().code(), Errc::invalid_argument);
    EXPECT_FALSE(got.error().hint().empty());
  }
}

TEST(Path, RefusesLongNames) {
  EXPECT_TRUE(clean_path(std::string(100, 'a'), 100));
  EXPECT_EQ(clean_path(std::string(101, 'a'), 100).error().code(), Errc::too_large);
}

TEST(Path, LinksMayPointInsideOnly) {
  EXPECT_TRUE(check_symlink("p/a", "b/c"));
  EXPECT_TRUE(check_symlink("p/q/a", "../../x"));
  for (const auto* target : {"", "/etc", "../x", "b/../../..", "C:x", "..\\x", "./../x"}) {
    EXPECT_FALSE(check_symlink("a", target)) << target;
  }
  EXPECT_FALSE(check_symlink("p/q/a", "../../../x"));
  EXPECT_FALSE(check_symlink("p/q/a", "b/../x"));
}

}  // namespace
}  // namespace granary::archive
