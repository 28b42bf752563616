#include "base/blake2b.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace granary {
namespace {

static_assert(std::endian::native == std::endian::little, "words are loaded as they lie in memory");

constexpr std::size_t kBlock = 128;
constexpr std::size_t kDigest = 32;

// RFC 7693, 2.6 and 2.7.
constexpr std::array<std::uint64_t, 8> kInitial = {0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B,
                                                   0xA54FF53A5F1D36F1, 0x510E527FADE682D1, 0x9B05688C2B3E6C1F,
                                                   0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};
constexpr std::array<std::array<std::uint8_t, 16>, 10> kSigma = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};

struct Words {
  std::array<std::uint64_t, 16> v;
  void mix(std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::uint64_t x,
           std::uint64_t y) noexcept {
    v[a] += v[b] + x;
    v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 63);
  }
};

}  // namespace

Blake2b256::Blake2b256() noexcept : state_(kInitial) { state_[0] ^= 0x01010000U ^ kDigest; }

void Blake2b256::compress(const std::byte* block, bool last) noexcept {
  std::array<std::uint64_t, 16> m;
  std::memcpy(m.data(), block, kBlock);
  Words w;
  std::copy(state_.begin(), state_.end(), w.v.begin());
  std::copy(kInitial.begin(), kInitial.end(), w.v.begin() + 8);
  w.v[12] ^= counted_;
  if (last) w.v[14] = ~w.v[14];
  for (std::size_t round = 0; round < 12; ++round) {
    const auto& s = kSigma[round % kSigma.size()];
    w.mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
    w.mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
    w.mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
    w.mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
    w.mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
    w.mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
    w.mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
    w.mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] ^= w.v[i] ^ w.v[i + 8];
}

void Blake2b256::update(ByteSpan bytes) noexcept {
  // A full block waits until more comes: the last one is compressed differently.
  while (!bytes.empty()) {
    if (filled_ == kBlock) {
      counted_ += kBlock;
      compress(pending_.data(), false);
      filled_ = 0;
    }
    if (filled_ == 0) {
      while (bytes.size() > kBlock) {
        counted_ += kBlock;
        compress(bytes.data(), false);
        bytes = bytes.subspan(kBlock);
      }
    }
    const std::size_t taken = std::min(bytes.size(), kBlock - filled_);
    std::copy_n(bytes.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += taken;
    bytes = bytes.subspan(taken);
  }
}

std::string Blake2b256::finish() noexcept {
  counted_ += filled_;
  std::fill(pending_.begin() + static_cast<std::ptrdiff_t>(filled_), pending_.end(), std::byte{0});
  compress(pending_.data(), true);
  std::string digest(kDigest, '\0');
  std::memcpy(digest.data(), state_.data(), kDigest);
  return digest;
}

std::string blake2b_256_hex(ByteSpan bytes) {
  Blake2b256 hasher;
  hasher.update(bytes);
  return hex(as_bytes(hasher.finish()));
}

}  // namespace granary
