#pragma once
/// Versions of R packages, in R's order (?package_version): integers separated by '.' or '-', compared one by
/// one; of two that agree as far as the shorter goes, the longer is newer. "1.0-1" and "1.0.1" are the same
/// version.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace granary::r {

class Version {
 public:
  /// Absent unless R would take it as the version of a package: two integers or more, each below 2^31 (R
  /// reads larger ones as NA), at most 100 of them.
  static std::optional<Version> parse(std::string_view text);

  const std::vector<std::int32_t>& parts() const noexcept { return parts_; }
  /// Lexicographic; a proper prefix is less.
  std::strong_ordering operator<=>(const Version& other) const noexcept;
  bool operator==(const Version& other) const noexcept { return parts_ == other.parts_; }

 private:
  std::vector<std::int32_t> parts_;
};

/// Newer is greater. A text that is no version is older than every one that is; two such compare bytewise.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace granary::r
