#include "base/find_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace granary {
namespace {

TEST(FindText, FindsWhatStringViewFinds) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 80, 'a'), needle(random() % 20, 'a');
    for (auto* word : {&text, &needle})
      for (auto& c : *word) c = static_cast<char>('a' + random() % 2);
    const auto from = random() % (text.size() + 2);
    const auto expected = needle.empty() ? std::string::npos : text.find(needle, from);
    ASSERT_EQ(find_text(text, needle, from), expected) << text << ' ' << needle << ' ' << from;
  }
}

TEST(FindText, ReadsNothingBehindTheEnd) {
  const std::string text(33, 'x');  // the sanitizer watches
  EXPECT_EQ(find_text(text, "xy", 0), std::string::npos);
  EXPECT_EQ(find_text(text, "xx", 31), 31U);
  EXPECT_EQ(find_text({}, "x", 0), std::string::npos);
}

}  // namespace
}  // namespace granary
