#include "base/quick_gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/huffman.h"

namespace granary {
namespace {

constexpr std::size_t kWindow = 32'768, kLongestMatch = 258;
/// Shorter ones are not looked for: within digests they are frequent, and save nothing.
constexpr std::size_t kShortestMatch = 8;
constexpr unsigned kHashBits = 14;
/// After so many bytes in vain every second one is looked at, and so on.
constexpr std::size_t kPatience = 16;
/// A block has codes of its own.
constexpr std::size_t kBlock = 256 << 10;
constexpr std::size_t kSymbols = 286, kDistances = 30, kEndOfBlock = 256;

/// Bytes as they are, then others from further back.
struct Sequence {
  std::uint32_t literals;
  std::uint16_t length;    // 0: the end
  std::uint16_t distance;  // less one
};

struct Extra {
  std::uint16_t symbol, base;
  std::uint8_t bits;
};

/// RFC 1951, 3.2.5.
constexpr auto kLengths = [] {
  std::array<Extra, kLongestMatch + 1> table{};
  std::uint16_t symbol = 257, base = 3;
  for (unsigned bits = 0, of_these = 8; base <= kLongestMatch; ++bits, of_these = 4) {
    for (unsigned i = 0; i < of_these && base <= kLongestMatch; ++i, ++symbol) {
      for (std::uint16_t n = 0; n < 1U << bits && base + n <= kLongestMatch; ++n)
        table[base + n] = {symbol, base, static_cast<std::uint8_t>(bits)};
      base = static_cast<std::uint16_t>(base + (1U << bits));
    }
  }
  table[kLongestMatch] = {285, kLongestMatch, 0};
  return table;
}();

/// `distance` less one.
Extra code_of_distance(std::uint32_t distance) {
  if (distance < 4) return {static_cast<std::uint16_t>(distance), static_cast<std::uint16_t>(distance), 0};
  const auto bits = static_cast<unsigned>(std::bit_width(distance)) - 2;
  const auto half = distance >> bits & 1;
  return {static_cast<std::uint16_t>(2 * bits + 2 + half), static_cast<std::uint16_t>((2 + half) << bits),
          static_cast<std::uint8_t>(bits)};
}

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

class BitWriter {
 public:
  explicit BitWriter(std::string out) : out_(std::move(out)), at_(out_.size()) {}
  /// For so many bits there is room before the next call.
  void reserve(std::size_t bits) { out_.resize(at_ + bits / 8 + 2 * sizeof(bits_)); }
  /// At most 48 bits between two flushes.
  void put(std::uint64_t bits, unsigned count) {
    bits_ |= bits << count_;
    count_ += count;
  }
  void put(PrefixCode code) { put(code.bits, code.length); }
  void flush() {
    std::memcpy(out_.data() + at_, &bits_, sizeof(bits_));
    at_ += count_ / 8;
    bits_ >>= count_ & ~7U;
    count_ &= 7;
  }
  std::string take() && {
    if (count_ > 0) out_[at_++] = static_cast<char>(bits_);
    out_.resize(at_);
    return std::move(out_);
  }

 private:
  static_assert(std::endian::native == std::endian::little);
  std::string out_;
  std::size_t at_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

class Packer {
 public:
  explicit Packer(std::string_view in)
      : in_(in), heads_(1 << kHashBits), writer_(std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10)) {}

  std::string run() && {
    do {
      find_sequences();
      write_block();
    } while (next_ < in_.size());
    auto out = std::move(writer_).take();
    const std::uint32_t end[] = {libdeflate_crc32(0, in_.data(), in_.size()),
                                 static_cast<std::uint32_t>(in_.size())};
    return out.append(reinterpret_cast<const char*>(end), sizeof(end));
  }

 private:
  /// Of the next block: the first place with the same eight bytes that is remembered counts.
  void find_sequences() {
    sequences_.clear();
    from_ = next_;
    const auto* const bytes = in_.data();
    const auto last = in_.size() < kShortestMatch ? 0 : in_.size() - kShortestMatch;  // that can begin one
    const auto end = std::min(in_.size(), from_ + kBlock);
    auto at = from_, anchor = from_;
    while (at < std::min(end, last + (in_.size() >= kShortestMatch ? 1 : 0))) {
      const auto here = eight_bytes(bytes + at);
      auto& head = heads_[hash(here)];
      std::size_t before = head;
      head = static_cast<std::uint32_t>(at);
      if (before >= at || at - before > kWindow || eight_bytes(bytes + before) != here) {
        at += 1 + (at - anchor) / kPatience;
        continue;
      }
      for (; at > anchor && before > 0 && bytes[at - 1] == bytes[before - 1]; --at) --before;
      const auto length = match(before, at);
      sequences_.push_back({static_cast<std::uint32_t>(at - anchor), static_cast<std::uint16_t>(length),
                            static_cast<std::uint16_t>(at - before - 1)});
      at += length;
      anchor = at;
      if (at - 2 <= last) heads_[hash(eight_bytes(bytes + at - 2))] = static_cast<std::uint32_t>(at - 2);
    }
    next_ = std::max(end, anchor);
    sequences_.push_back({static_cast<std::uint32_t>(next_ - anchor), 0, 0});
  }

  std::size_t match(std::size_t before, std::size_t at) const {
    const auto most = std::min(kLongestMatch, in_.size() - at);
    auto length = kShortestMatch;
    while (length + 8 <= most) {
      const auto differ = eight_bytes(in_.data() + before + length) ^ eight_bytes(in_.data() + at + length);
      if (differ != 0) return length + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
      length += 8;
    }
    while (length < most && in_[before + length] == in_[at + length]) ++length;
    return length;
  }

  static std::size_t hash(std::uint64_t bytes) { return bytes * 0x9E3779B97F4A7C15ULL >> (64 - kHashBits); }

  void write_block() {
    std::array<std::uint32_t, kSymbols> counts{};
    std::array<std::uint32_t, kDistances> distances{};
    std::size_t extra = 0;
    const auto* at = reinterpret_cast<const unsigned char*>(in_.data()) + from_;
    for (const auto& sequence : sequences_) {
      for (std::uint32_t i = 0; i < sequence.literals; ++i) ++counts[*at++];
      if (sequence.length == 0) break;
      const auto& length = kLengths[sequence.length];
      const auto distance = code_of_distance(sequence.distance);
      ++counts[length.symbol];
      ++distances[distance.symbol];
      extra += length.bits + distance.bits;
      at += sequence.length;
    }
    counts[kEndOfBlock] = 1;
    // A code has two symbols at least.
    for (auto* some : {&counts[0], &distances[0], &distances[1]}) *some = std::max(*some, 1U);
    std::array<PrefixCode, kSymbols> codes;
    std::array<PrefixCode, kDistances> distance_codes;
    make_prefix_codes(counts, codes);
    make_prefix_codes(distances, distance_codes);

    std::size_t bits = kHeaderBits + extra;
    for (std::size_t i = 0; i < kSymbols; ++i) bits += std::size_t{counts[i]} * codes[i].length;
    for (std::size_t i = 0; i < kDistances; ++i) bits += std::size_t{distances[i]} * distance_codes[i].length;
    writer_.reserve(bits);
    write_codes(codes, distance_codes);
    write_sequences(codes, distance_codes);
  }

  static constexpr std::size_t kHeaderBits = 3 + 14 + 19 * 3 + (kSymbols + kDistances) * 4;
  void write_codes(const std::array<PrefixCode, kSymbols>& codes,
                   const std::array<PrefixCode, kDistances>& distances) {
    writer_.put(next_ == in_.size() ? 1 : 0, 1);
    writer_.put(2, 2);  // with codes of its own
    writer_.put(kSymbols - 257, 5);
    writer_.put(kDistances - 1, 5);
    writer_.put(19 - 4, 4);
    writer_.flush();
    // The lengths, 0 to 15, are written in four bits each; 16 to 18, for repetitions, do not occur.
    for (int i = 0; i < 19; ++i) {
      writer_.put(i < 3 ? 0 : 4, 3);
      writer_.flush();
    }
    const auto write_length = [&](PrefixCode code) {
      unsigned reversed = 0;
      for (unsigned bit = 0; bit < 4; ++bit) reversed |= (code.length >> bit & 1U) << (3 - bit);
      writer_.put(reversed, 4);
      writer_.flush();
    };
    std::for_each(codes.begin(), codes.end(), write_length);
    std::for_each(distances.begin(), distances.end(), write_length);
  }

  void write_sequences(const std::array<PrefixCode, kSymbols>& codes,
                       const std::array<PrefixCode, kDistances>& distances) {
    const auto* at = reinterpret_cast<const unsigned char*>(in_.data()) + from_;
    for (const auto& sequence : sequences_) {
      auto left = sequence.literals;
      for (; left >= 3; left -= 3, at += 3) {
        writer_.put(codes[at[0]]);
        writer_.put(codes[at[1]]);
        writer_.put(codes[at[2]]);
        writer_.flush();
      }
      for (; left > 0; --left) writer_.put(codes[*at++]);
      writer_.flush();
      if (sequence.length == 0) break;
      const auto& length = kLengths[sequence.length];
      writer_.put(codes[length.symbol]);
      writer_.put(sequence.length - length.base, length.bits);
      const auto distance = code_of_distance(sequence.distance);
      writer_.put(distances[distance.symbol]);
      writer_.put(sequence.distance - distance.base, distance.bits);
      writer_.flush();
      at += sequence.length;
    }
    writer_.put(codes[kEndOfBlock]);
    writer_.flush();
  }

  const std::string_view in_;
  std::vector<std::uint32_t> heads_;  // of each hash where it was last seen
  std::vector<Sequence> sequences_;
  std::size_t from_ = 0, next_ = 0;  // of the block
  BitWriter writer_;
};

}  // namespace

std::string quick_gzip(std::string_view bytes) { return Packer(bytes).run(); }

}  // namespace granary
