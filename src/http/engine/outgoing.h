#pragma once
/// What is still to be sent of an answer: up to three pieces of memory, then part of a file.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace granary::http {

struct Outgoing {
  std::array<std::string_view, 3> pieces;
  int file = -1;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t count = 0;   // of its bytes

  bool done() const noexcept { return count == 0 && memory() == 0; }
  std::size_t memory() const noexcept { return pieces[0].size() + pieces[1].size() + pieces[2].size(); }
  /// From the memory pieces, in order.
  void consume(std::size_t sent) noexcept {
    for (auto& piece : pieces) {
      const auto part = sent < piece.size() ? sent : piece.size();
      piece.remove_prefix(part);
      sent -= part;
    }
  }
};

enum class Sent : std::uint8_t { all, blocked, turn_over, failed };

}  // namespace granary::http
