#include "api/bundle_lines.h"

#include <gtest/gtest.h>

namespace granary::api {
namespace {

using Strings = std::vector<std::string>;

TEST(BundleLines, WhatIsWrittenIsReadAgain) {
  const BundleLine line{
      "cran", "src/contrib", "R6", std::string("a\0b", 3), {{"key", "R6_1.tar.gz", "ab", "cd", 7, 512}}};
  const auto read = parse_bundle_line(to_text(line));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_text(*read), to_text(line));
  EXPECT_EQ(read->record, line.record);
  EXPECT_EQ(read->files[0].at, 512u);
}

TEST(BundleLines, WhatIsNoneIsCorrupt) {
  for (const auto* text : {"", "[]", "{}", R"({"source":"a","package":"b","record":"*"})",
                           R"({"source":"a","package":"b","record":"","files":[{"key":""}]})"})
    EXPECT_EQ(parse_bundle_line(text).error().code(), Errc::corrupt) << text;
}

TEST(BundleLines, LinesEndWhereTheyEnd) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, Strings>>{
           {"", {}},
           {"a\nb", {"a", "b"}},
           {"a\n\nb\n", {"a", "b"}},
           {std::string(3 << 20, 'x') + "\ny", {std::string(3 << 20, 'x'), "y"}}}) {
    Strings seen;
    ASSERT_TRUE(for_each_line(MemorySource(text), [&](std::string_view line) {
      seen.emplace_back(line);
      return Result<>();
    }));
    EXPECT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace granary::api
