#include "base/compress.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

TEST(Compress, GunzipGivesBackWhatGzipTook) {
  const std::string text(100000, 'x');
  EXPECT_EQ(gunzip(gzip(text), 1 << 20).value(), text);
  EXPECT_EQ(gunzip(gzip(""), 10).value(), "");
}

TEST(Compress, BombIsRefusedAtTheLimit) {
  const std::size_t much = 10'000'000;
  const auto result = gunzip(gzip(std::string(much, '\0')), 1'000'000);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::too_large);
}

TEST(Compress, CutOffIsCorrupt) {
  const auto whole = gzip("hello hello hello");
  EXPECT_EQ(gunzip(whole.substr(0, whole.size() - 4), 100).error().code(), Errc::corrupt);
  EXPECT_EQ(gunzip("not gzip at all", 100).error().code(), Errc::corrupt);
}

TEST(Zstd, ComesBackWithinItsLimitAndIsRefusedBeyondIt) {
  const std::string text(100'000, 'x');
  const auto packed = zstd(text);
  EXPECT_EQ(unzstd(packed, text.size()).value(), text);
  EXPECT_EQ(unzstd(packed, text.size() - 1).error().code(), Errc::too_large);
  EXPECT_EQ(unzstd(packed.substr(0, packed.size() - 1), text.size()).error().code(), Errc::corrupt);
  EXPECT_EQ(unzstd("no", text.size()).error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace granary
