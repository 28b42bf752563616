#pragma once
/// Prefix codes as DEFLATE has them (RFC 1951, 3.2.2), for those who write it.

#include <cstdint>
#include <span>

namespace granary {

inline constexpr unsigned kLongestCode = 15;

struct PrefixCode {
  std::uint16_t bits = 0;    // the first to be written is the lowest
  std::uint16_t length = 0;  // 0: the symbol does not occur
};

/// The best code of at most kLongestCode bits, or nearly. At least two symbols occur, of at most 288. `codes`
/// has as many elements as `counts`.
void make_prefix_codes(std::span<const std::uint32_t> counts, std::span<PrefixCode> codes);

}  // namespace granary
