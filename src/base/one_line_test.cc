#include "base/one_line.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

TEST(OneLine, IsCutBetweenCharactersAndHasNoControlCharacters) {
  EXPECT_EQ(one_line("a\nb\tc\x7f", 10), "a b c ");
  EXPECT_EQ(one_line(std::string_view("a\0b", 3), 10), "a b");
  EXPECT_EQ(one_line("né", 3), "né");
  EXPECT_EQ(one_line("né", 2), "n");
  EXPECT_EQ(one_line("caf\xe9 bar", 10), "caf? bar") << "of Latin-1";
  EXPECT_EQ(one_line("", 10), "");
}

}  // namespace
}  // namespace granary
