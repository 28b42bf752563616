#include "base/text.h"

#include <gtest/gtest.h>

#include "base/append_text.h"

namespace granary {
namespace {

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Text, TrimsAndLowersAscii) {
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(lower("AbÉ"), "abÉ");
  EXPECT_TRUE(equals_ignore_case("HoSt", "host"));
  EXPECT_FALSE(equals_ignore_case("host", "hosts"));
}

TEST(Text, ParsesOnlyPlainNumbers) {
  EXPECT_EQ(parse_unsigned("42"), 42u);
  EXPECT_EQ(parse_unsigned("+1"), std::nullopt);
  EXPECT_EQ(parse_unsigned("-1"), std::nullopt);
  EXPECT_EQ(parse_unsigned(""), std::nullopt);
  EXPECT_EQ(parse_unsigned("18446744073709551616"), std::nullopt);
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(is_valid_utf8("é€😀"));
  EXPECT_FALSE(is_valid_utf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xf5\x80\x80\x80"));  // past the last
  EXPECT_FALSE(is_valid_utf8("\xe2\x82"));          // cut off
}

TEST(Text, CodePointsAreWrittenInUtf8) {
  std::string out;
  for (const std::uint32_t code : {0x41U, 0xE9U, 0x20ACU, 0x1F600U}) append_utf8(out, code);
  EXPECT_EQ(out, "Aé€😀");
  out.clear();
  for (const std::uint32_t code : {0U, 0xD800U, 0x110000U}) append_utf8(out, code);
  EXPECT_EQ(out, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Text, NearestFindsTheTypo) {
  const std::vector<std::string> keys = {"MaxOpenConnections", "MaxIdleConnections", "Listen"};
  EXPECT_EQ(nearest("maxopenconection", keys), "MaxOpenConnections");
  EXPECT_EQ(nearest("zzzzzzzz", keys), "");
}

TEST(Text, HumanSizes) {
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1400000), "1.4 MB");
}

}  // namespace
}  // namespace granary
