#include "r/version.h"

#include <algorithm>
#include <limits>

namespace granary::r {
namespace {

constexpr std::size_t kMaxParts = 100;

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  Version version;
  std::int64_t value = 0;
  bool digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
      if (value > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
      digits = true;
    } else if ((c == '.' || c == '-') && digits) {
      version.parts_.push_back(static_cast<std::int32_t>(value));
      if (version.parts_.size() >= kMaxParts) return std::nullopt;
      value = 0;
      digits = false;
    } else {
      return std::nullopt;
    }
  }
  if (!digits || version.parts_.empty()) return std::nullopt;
  version.parts_.push_back(static_cast<std::int32_t>(value));
  return version;
}

std::strong_ordering Version::operator<=>(const Version& other) const noexcept {
  return std::lexicographical_compare_three_way(parts_.begin(), parts_.end(), other.parts_.begin(),
                                                other.parts_.end());
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const auto left = Version::parse(a);
  const auto right = Version::parse(b);
  if (left && right) return *left <=> *right;
  if (left.has_value() != right.has_value()) return left.has_value() <=> right.has_value();
  return a <=> b;
}

}  // namespace granary::r
