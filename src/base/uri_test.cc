#include "base/uri.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

TEST(Uri, EncodesAndDecodes) {
  EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
  EXPECT_EQ(percent_encode("a/b", true), "a/b");
  EXPECT_EQ(percent_decode("a%2fb"), "a/b");
  EXPECT_EQ(percent_decode("%41"), "A");
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
  EXPECT_EQ(percent_decode("%00"), std::nullopt);
}

TEST(Uri, ParsesQueries) {
  EXPECT_EQ(parse_query("a=1&b=x+y&c&=z"), (std::vector<std::pair<std::string, std::string>>{
                                               {"a", "1"}, {"b", "x y"}, {"c", ""}, {"", "z"}}));
}

}  // namespace
}  // namespace granary
