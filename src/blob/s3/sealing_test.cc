#include "blob/s3/sealing.h"

#include <gtest/gtest.h>

#include <vector>

namespace granary::blob::s3 {
namespace {

std::string content(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 7 + i / 251);
  return out;
}

class SealingTest : public testing::Test {
 protected:
  Segments segments(std::uint64_t size, const std::string& head) {
    return {head, size, std::make_shared<const AeadKey>(as_bytes(std::string(32, 'k')))};
  }
  std::string header(std::uint64_t size) { return write_envelope({size, "id", "key"}).value(); }
  /// Read in pieces of `step` bytes.
  std::string seal(const std::string& plain, std::size_t step = 100'000) {
    const MemorySource source(plain);
    const SealedSource sealed(source, header(plain.size()), segments(plain.size(), header(plain.size())));
    std::string out, piece(step, '\0');
    while (const auto n = sealed.read_at(out.size(), std::as_writable_bytes(std::span(piece))).value())
      out += piece.substr(0, n);
    EXPECT_EQ(out.size(), sealed.size());
    return out;
  }
  /// What comes of a sealed object, given in pieces of `step` bytes.
  Result<std::string> open(const std::string& sealed, std::uint64_t plain, std::uint64_t offset = 0,
                           std::uint64_t length = UINT64_MAX, std::size_t step = 10'007) {
    std::string out;
    const std::function<Result<>(ByteSpan)> sink = [&](ByteSpan bytes) -> Result<> {
      out += as_text(bytes);
      return {};
    };
    const auto all = segments(plain, sealed.substr(0, kEnvelopeSize));
    SegmentOpener opener(all, offset, length, sink);
    const auto part = sealed.substr(opener.first_byte(), opener.byte_count());
    for (std::size_t at = 0; at < part.size(); at += step) TRY(opener.write(as_bytes(part.substr(at, step))));
    TRY(opener.finish());
    return out;
  }
};

TEST_F(SealingTest, ContentComesBackHoweverItIsCut) {
  for (const std::size_t size : {0, 1, 65'535, 65'536, 65'537, 200'000}) {
    const auto plain = content(size);
    const auto sealed = seal(plain);
    EXPECT_EQ(sealed.size(), sealed_size(size));
    EXPECT_TRUE(seal(plain, 9'999) == sealed) << "each segment is always sealed alike";
    EXPECT_TRUE(open(sealed, size).value() == plain) << size;
    EXPECT_TRUE(open(sealed, size, 0, UINT64_MAX, 1'000'000).value() == plain) << size;
  }
}

TEST_F(SealingTest, RangesOpenOnlyTheirSegments) {
  const auto plain = content(200'000);
  const auto sealed = seal(plain);
  for (const auto& [offset, length] :
       std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 1},
                                                            {0, 65'536},
                                                            {65'535, 2},
                                                            {65'536, 65'536},
                                                            {70'000, 100'000},
                                                            {199'999, 1},
                                                            {150'000, 1'000'000}}) {
    EXPECT_TRUE(open(sealed, plain.size(), offset, length).value() == plain.substr(offset, length)) << offset;
  }
  auto damaged = sealed;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_TRUE(open(damaged, plain.size(), 0, 65'536));
  EXPECT_FALSE(open(damaged, plain.size(), 196'700, 1));
}

TEST_F(SealingTest, WhatWasChangedExchangedOrCutOffIsCorrupt) {
  const auto plain = content(200'000);
  const auto sealed = seal(plain);
  const auto expect_corrupt = [&](const std::string& bytes, std::uint64_t size, const char* what) {
    const auto opened = open(bytes, size);
    ASSERT_FALSE(opened) << what;
    EXPECT_EQ(opened.error().code(), Errc::corrupt) << what;
  };
  for (const std::size_t at : {20, 1'023, 1'024, 70'000}) {
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    expect_corrupt(changed, plain.size(), "a changed bit");
  }
  const auto first = sealed.substr(kEnvelopeSize, kSealedSegment),
             second = sealed.substr(kEnvelopeSize + kSealedSegment, kSealedSegment);
  const auto rest = sealed.substr(kEnvelopeSize + 2 * kSealedSegment);
  expect_corrupt(sealed.substr(0, kEnvelopeSize) + second + first + rest, plain.size(), "exchanged segments");
  expect_corrupt(sealed.substr(0, sealed.size() - 1), plain.size(), "a byte cut off");
  expect_corrupt(sealed.substr(0, kEnvelopeSize + 2 * kSealedSegment), plain.size(), "segments cut off");
  // Cut off at a segment, with the size in the header changed to match.
  expect_corrupt(header(2 * kSegment) + first + second, 2 * kSegment, "a shorter object");
  auto other = seal(content(200'001));
  expect_corrupt(
      sealed.substr(0, kEnvelopeSize) + other.substr(kEnvelopeSize, kSealedSegment) + second + rest,
      plain.size(), "a segment of another object");
}

}  // namespace
}  // namespace granary::blob::s3
