#include "base/quick_gzip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/compress.h"
#include "base/hash.h"
#include "base/huffman.h"

namespace granary {
namespace {

void expect_back(const std::string& text, std::string_view what) {
  const auto back = gunzip(quick_gzip(text), text.size());
  ASSERT_TRUE(back) << what << ": " << back.error().message();
  EXPECT_EQ(*back == text, true) << what;  // not printed
}

std::string page(int files) {
  std::string text;
  for (int i = 0; i < files; ++i) {
    const auto name = "foo-1." + std::to_string(i) + "-py3-none-any.whl";
    const auto digest = sha256(as_bytes(name)).hex();
    text += R"({"filename":")" + name + R"(","url":"../../packages/)" + digest + '/' + name +
            R"(","hashes":{"sha256":")" + digest + R"("},"requires-python":">=3.8","yanked":false},)";
  }
  return text;
}

TEST(QuickGzip, GivesBackTextsOfEveryLength) {
  for (std::size_t length = 0; length < 600; ++length) {
    expect_back(std::string(length, 'x'), "the same");
    expect_back(page(3).substr(0, length), "a page");
  }
}

TEST(QuickGzip, GivesBackWhatIsLongerThanBlocksAndWindows) {
  expect_back(std::string(1'000'000, '\0'), "zeros");
  expect_back(page(5'000), "a page");
  std::mt19937 chance(1);
  for (const unsigned values : {2U, 16U, 256U}) {
    std::string noise(400'000, '\0');
    for (auto& c : noise) c = static_cast<char>(chance() % values);
    expect_back(noise, "noise");
    // What is 32 KiB back, and a byte more.
    for (const std::size_t back : {32'767U, 32'768U, 32'769U})
      expect_back(noise.substr(0, back) + noise.substr(0, 1000), "far back");
  }
}

TEST(QuickGzip, IsNearlyAsSmallAsTheFirstLevelForPages) {
  const auto text = page(20'000);
  EXPECT_LT(quick_gzip(text).size(), gzip(text, 1).size() * 11 / 10);
  EXPECT_EQ(quick_gzip(text), quick_gzip(text));
}

TEST(PrefixCodes, OfCountsThatGrowLikeFibonaccisAreNotLongerThanTheyMay) {
  std::array<std::uint32_t, 40> counts{1, 1};
  for (std::size_t i = 2; i < counts.size(); ++i) counts[i] = counts[i - 1] + counts[i - 2];
  std::array<PrefixCode, 40> codes;
  make_prefix_codes(counts, codes);
  std::uint32_t taken = 0;
  for (const auto& code : codes) {
    ASSERT_GE(code.length, 1U);
    ASSERT_LE(code.length, kLongestCode);
    taken += 1U << (kLongestCode - code.length);
  }
  EXPECT_EQ(taken, 1U << kLongestCode) << "a decoder takes no other";
  EXPECT_LE(codes.back().length, codes.front().length);
}

}  // namespace
}  // namespace granary
