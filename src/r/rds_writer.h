#pragma once
/// Writes R values in the XDR form of saveRDS ("R Internals" 1.8), uncompressed. The same calls give the same
/// bytes.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace granary::r {

/// Version 3 is what R writes since 3.6; R reads version 2 since 1.4.
enum class RdsVersion : std::uint8_t { v2 = 2, v3 = 3 };

/// Appends one value as a sequence of calls: a vector's header, its elements, then, when it was begun
/// `Attributed`, its attributes and end_attributes(). One thread. Balance is the caller's.
class RdsWriter {
 public:
  enum Flags : std::uint32_t { kPlain = 0, kObject = 0x100, kAttributed = 0x200 };
  static constexpr std::int32_t kNaInteger = INT32_MIN;

  explicit RdsWriter(RdsVersion version);

  void begin_strings(std::size_t count, std::uint32_t flags = kPlain) { begin(16, count, flags); }
  void begin_list(std::size_t count, std::uint32_t flags = kPlain) { begin(19, count, flags); }
  void begin_doubles(std::size_t count, std::uint32_t flags = kPlain) { begin(14, count, flags); }
  void begin_integers(std::size_t count, std::uint32_t flags = kPlain) { begin(13, count, flags); }
  void begin_logicals(std::size_t count, std::uint32_t flags = kPlain) { begin(10, count, flags); }
  void null() { word(254); }

  /// An element of a string vector. Bytes that are not UTF-8, and NUL, are written as <xx>.
  void string(std::string_view text);
  void na_string();
  void integer(std::int32_t value) { word(static_cast<std::uint32_t>(value)); }  // of logical vectors too
  void number(double value);

  /// The name of an attribute; its value follows. A name used before becomes a reference.
  void attribute(std::string_view name);
  void end_attributes() { word(254); }

  /// A whole string vector without attributes.
  void strings(std::span<const std::string_view> values);

  std::string take() && { return std::move(out_); }

 private:
  void begin(std::uint32_t type, std::size_t count, std::uint32_t flags);
  void word(std::uint32_t value);
  std::string out_;
  std::vector<std::string> symbols_;
};

}  // namespace granary::r
