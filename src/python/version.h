#pragma once
/// Versions of Python projects: PEP 440, in every spelling that `packaging.version` reads.

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace granary::python {

/// A number of any length: decimal digits without leading zeros.
class Numeral {
 public:
  Numeral() : digits_("0") {}
  /// `digits` has nothing but digits; empty is 0.
  explicit Numeral(std::string_view digits);
  const std::string& text() const noexcept { return digits_; }
  bool is_zero() const noexcept { return digits_ == "0"; }
  std::strong_ordering operator<=>(const Numeral& other) const noexcept;
  bool operator==(const Numeral& other) const noexcept = default;

 private:
  std::string digits_;
};

struct Version {
  enum class Pre : std::uint8_t { alpha, beta, candidate };

  Numeral epoch;
  std::vector<Numeral> release;  // never empty
  std::optional<std::pair<Pre, Numeral>> pre;
  std::optional<Numeral> post, dev;
  std::vector<std::string> local;  // lower case; numbers without leading zeros

  /// Absent for what PEP 440 does not allow, and for more than 512 characters. Surrounding ASCII space is
  /// ignored.
  static std::optional<Version> parse(std::string_view text);
  /// The normal form: "1.0rc1.post2.dev3+ubuntu.1".
  std::string text() const;
  bool is_prerelease() const noexcept { return pre.has_value() || dev.has_value(); }

  /// PEP 440's order: 1.0 and 1.0.0 are equal.
  std::strong_ordering operator<=>(const Version& other) const noexcept;
  bool operator==(const Version& other) const noexcept { return (*this <=> other) == 0; }
};

/// Orders texts; what is not a version comes before every version, bytewise among themselves.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

/// How far a version without its local part reaches in `text`, for the grammar of specifiers (specifier.h).
struct VersionPrefix {
  Version version;
  std::size_t length = 0;          // of everything read
  std::size_t release_length = 0;  // up to the end of the release segment
};
std::optional<VersionPrefix> read_public_version(std::string_view text);
/// "+" and what follows it, to the end of `text`; the segments, or absent when it is not a local version.
std::optional<std::vector<std::string>> read_local_version(std::string_view text);

}  // namespace granary::python
