#include "db/postgres/row.h"

namespace granary::db {
namespace {

constexpr Oid kNumeric = 1700;

/// Big endian, sign extended.
std::int64_t big_endian(std::string_view bytes) noexcept {
  if (bytes.empty() || bytes.size() > 8) return 0;
  std::uint64_t value = (static_cast<unsigned char>(bytes.front()) & 0x80) != 0 ? ~0ULL : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

/// Digits of base 10,000 after four 16-bit words: count, weight of the first, sign, scale.
std::int64_t numeric(std::string_view bytes) noexcept {
  if (bytes.size() < 8) return 0;
  const auto word = [&](std::size_t i) { return big_endian(bytes.substr(i * 2, 2)); };
  std::uint64_t value = 0;
  for (std::int64_t i = 0; i <= word(1); ++i) {
    const bool there = i < word(0) && static_cast<std::size_t>(i + 5) * 2 <= bytes.size();
    value = value * 10'000 + (there ? static_cast<std::uint64_t>(word(static_cast<std::size_t>(i) + 4)) : 0);
  }
  return static_cast<std::int64_t>(word(2) == 0 ? value : 0 - value);
}

}  // namespace

std::int64_t PostgresRow::integer(int column) const {
  if (is_null(column)) return 0;
  return PQftype(result_, column) == kNumeric ? numeric(blob(column)) : big_endian(blob(column));
}

}  // namespace granary::db
