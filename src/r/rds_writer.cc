#include "r/rds_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/result.h"
#include "base/text.h"
#include "r/description.h"

namespace granary::r {
namespace {

constexpr std::uint32_t kWrittenBy = 0x00040600;  // R 4.6.0, whose form this is
constexpr std::uint32_t kCharacter = 9;
constexpr std::uint32_t kAscii = 0x40000;
constexpr std::uint32_t kUtf8 = 0x8000;

/// Neither a byte past 0x7F nor a NUL. Eight at a time: indexes are millions of strings.
bool is_plain(std::string_view text) noexcept {
  constexpr std::uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((((word - kOnes) | word) & kHigh) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<signed char>(text[at]) <= 0) return false;
  }
  return true;
}

}  // namespace

RdsWriter::RdsWriter(RdsVersion version) {
  out_ = "X\n";
  word(static_cast<std::uint32_t>(version));
  word(kWrittenBy);
  if (version == RdsVersion::v3) {
    word(0x00030500);
    word(5);
    out_ += "UTF-8";
  } else {
    word(0x00020300);
  }
}

void RdsWriter::word(std::uint32_t value) {
  const std::array<char, 4> bytes = {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                                     static_cast<char>(value >> 8), static_cast<char>(value)};
  out_.append(bytes.data(), bytes.size());
}

void RdsWriter::begin(std::uint32_t type, std::size_t count, std::uint32_t flags) {
  GRANARY_ASSERT(count <= INT32_MAX);  // longer vectors have another form
  word(type | flags);
  word(static_cast<std::uint32_t>(count));
}

void RdsWriter::string(std::string_view text) {
  const bool ascii = is_plain(text);
  if (!ascii && text.find('\0') != std::string_view::npos)
    return string(replace_all(text, std::string_view("\0", 1), "<00>"));
  if (!ascii && !is_valid_utf8(text)) return string(to_utf8(text, {}));
  GRANARY_ASSERT(text.size() <= INT32_MAX);
  word(kCharacter | (ascii ? kAscii : kUtf8));
  word(static_cast<std::uint32_t>(text.size()));
  out_ += text;
}

void RdsWriter::na_string() {
  word(kCharacter);
  word(0xFFFFFFFF);
}

void RdsWriter::number(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  word(static_cast<std::uint32_t>(bits >> 32));
  word(static_cast<std::uint32_t>(bits));
}

void RdsWriter::attribute(std::string_view name) {
  word(0x402);  // a pairlist cell with a tag
  const auto known = std::find(symbols_.begin(), symbols_.end(), name);
  if (known != symbols_.end()) {
    word((static_cast<std::uint32_t>(known - symbols_.begin() + 1) << 8) | 0xFF);
    return;
  }
  symbols_.emplace_back(name);
  word(1);
  string(name);
}

void RdsWriter::strings(std::span<const std::string_view> values) {
  begin_strings(values.size());
  for (const auto value : values) string(value);
}

}  // namespace granary::r
