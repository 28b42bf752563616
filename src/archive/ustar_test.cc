#include "archive/ustar.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace granary::archive {
namespace {

std::string member(const std::string& path, const std::string& bytes) {
  return ustar_head(path, bytes.size()) + bytes + ustar_padding(bytes.size());
}

TEST(Ustar, WhatIsWrittenIsReadAgain) {
  const std::string folder(70, 'f');
  const std::string text = member("manifest.json", "{}") +
                           member(folder + '/' + std::string(60, 'n'), "bytes") + member("empty", "") +
                           ustar_end();
  const MemorySource archive(text);
  std::uint64_t at = 0;
  std::vector<std::string> seen;
  for (;;) {
    const auto next = read_ustar(archive, at);
    ASSERT_TRUE(next) << next.error().message();
    if (!*next) break;
    seen.push_back((*next)->path + '=' + text.substr((*next)->offset, (*next)->size));
    at = (*next)->next;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"manifest.json={}",
                                            folder + '/' + std::string(60, 'n') + "=bytes", "empty="}));
}

TEST(Ustar, ALargeSizeIsWrittenAsGnuTarDoes) {
  class Huge final : public ByteSource {
   public:
    std::uint64_t size() const noexcept override { return std::uint64_t{1} << 40; }
    Result<std::size_t> read_at(std::uint64_t, std::span<std::byte> out) const override {
      const auto head = ustar_head("big", 10'000'000'000);
      std::memcpy(out.data(), head.data(), std::min(out.size(), head.size()));
      return std::min(out.size(), head.size());
    }
  };
  const auto read = read_ustar(Huge(), 0);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->size, 10'000'000'000u);
}

TEST(Ustar, WhatIsCutOffOrNoArchiveIsCorruptAtEveryLength) {
  const auto whole = member("a", "some bytes");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(read_ustar(MemorySource(whole.substr(0, length)), 0).error().code(), Errc::corrupt) << length;
  auto changed = whole;
  changed[0] = 'b';
  EXPECT_EQ(read_ustar(MemorySource(changed), 0).error().code(), Errc::corrupt);
  EXPECT_EQ(read_ustar(MemorySource(std::string(1024, 'x')), 0).error().code(), Errc::corrupt);
}

TEST(Ustar, APartOfASourceEndsWhereItEnds) {
  const MemorySource whole("0123456789");
  const PartOfSource part(whole, 2, 3);
  std::array<std::byte, 10> out{};
  EXPECT_EQ(part.read_at(1, out).value(), 2u);
  EXPECT_EQ(as_text(ByteSpan(out).first(2)), "34");
  EXPECT_EQ(part.read_at(3, out).value(), 0u);
}

}  // namespace
}  // namespace granary::archive
