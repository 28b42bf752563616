#pragma once
/// Conditional and range requests (RFC 9110, 13 and 14): what part of an answer a client needs. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace granary::http {

/// Header values as sent; empty when absent.
struct Conditions {
  std::string_view if_none_match, if_modified_since, range, if_range;
  bool any() const noexcept { return !if_none_match.empty() || !if_modified_since.empty() || !range.empty(); }
};

struct Representation {
  std::string_view etag;  // with quotes; empty: none
  std::optional<std::chrono::sys_seconds> last_modified;
  std::optional<std::uint64_t> size;  // known
  bool ranges = false;
};

struct Verdict {
  enum class Kind : std::uint8_t { whole, not_modified, partial, unsatisfiable } kind = Kind::whole;
  std::uint64_t first = 0;  // of a part
  std::uint64_t size = 0;
};

Verdict evaluate(const Conditions&, const Representation&);

/// Weak comparison with each member of an If-None-Match list; "*" matches everything.
bool matches_any(std::string_view list, std::string_view etag) noexcept;

/// One range of bytes of a body of `size`. Whole when the header is not understood or names several ranges.
Verdict parse_range(std::string_view range, std::uint64_t size) noexcept;

}  // namespace granary::http
