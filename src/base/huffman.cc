#include "base/huffman.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/result.h"

namespace granary {
namespace {

struct Node {
  std::uint64_t count;
  std::uint32_t parent;
};

using CountOfLength = std::array<std::uint32_t, kLongestCode + 1>;

/// How many codes have each length. `rising`: the counts of the symbols that occur.
CountOfLength lengths_of(const std::vector<std::uint32_t>& rising) {
  const auto leaves = rising.size();
  // Leaves, then the nodes above them, each list in rising order: the two least are at the front of either.
  std::vector<Node> nodes;
  nodes.reserve(2 * leaves);
  for (const auto count : rising) nodes.push_back({count, 0});
  std::size_t leaf = 0, inner = leaves;
  const auto take_least = [&] {
    const bool is_leaf = leaf < leaves && (inner >= nodes.size() || nodes[leaf].count <= nodes[inner].count);
    return is_leaf ? leaf++ : inner++;
  };
  while (nodes.size() < 2 * leaves - 1) {
    const auto a = take_least(), b = take_least();
    nodes[a].parent = nodes[b].parent = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({nodes[a].count + nodes[b].count, 0});
  }
  CountOfLength of_length{};
  std::vector<std::uint32_t> depth(nodes.size());
  for (auto i = nodes.size() - 1; i-- > 0;) {
    depth[i] = depth[nodes[i].parent] + 1;
    if (i < leaves) ++of_length[std::min(depth[i], kLongestCode)];
  }
  return of_length;
}

/// Codes that were cut off at the longest may be too many: shorter ones make room.
void make_room(CountOfLength& of_length) {
  std::uint32_t taken = 0;  // of the codes of the longest length
  for (unsigned length = 1; length <= kLongestCode; ++length)
    taken += of_length[length] << (kLongestCode - length);
  for (; taken > 1U << kLongestCode; --taken) {
    unsigned length = kLongestCode - 1;
    while (of_length[length] == 0) --length;
    // One code becomes two of the next length, one of which is for a code of the longest.
    --of_length[length];
    of_length[length + 1] += 2;
    --of_length[kLongestCode];
  }
}

std::uint16_t reversed(std::uint32_t bits, unsigned length) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < length; ++i, bits >>= 1) out = out << 1 | (bits & 1);
  return static_cast<std::uint16_t>(out);
}

}  // namespace

void make_prefix_codes(std::span<const std::uint32_t> counts, std::span<PrefixCode> codes) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] > 0) order.push_back(symbol);
  GRANARY_ASSERT(order.size() >= 2 && order.size() <= 288 && codes.size() == counts.size());
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return counts[a] < counts[b]; });
  std::vector<std::uint32_t> rising;
  for (const auto symbol : order) rising.push_back(counts[symbol]);
  auto of_length = lengths_of(rising);
  make_room(of_length);

  std::fill(codes.begin(), codes.end(), PrefixCode{});
  auto next = order.begin();  // the rarest have the longest
  for (unsigned length = kLongestCode; length > 0; --length)
    for (std::uint32_t i = 0; i < of_length[length]; ++i)
      codes[*next++].length = static_cast<std::uint16_t>(length);

  std::array<std::uint32_t, kLongestCode + 2> first{};
  for (unsigned length = 1; length <= kLongestCode; ++length)
    first[length + 1] = (first[length] + of_length[length]) << 1;
  for (auto& code : codes)
    if (code.length > 0) code.bits = reversed(first[code.length]++, code.length);
}

}  // namespace granary
