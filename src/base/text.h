#pragma once
/// Text: ASCII only where case matters, because names and headers of these protocols are ASCII.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace granary {

std::string_view trim(std::string_view text) noexcept;  // spaces, tabs, CR, LF
/// Every part, empty ones too: split("a,,b", ',') is three.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept;
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
/// Decimal digits only, no sign, no overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;
bool is_valid_utf8(std::string_view text) noexcept;
/// The candidate with the smallest edit distance, for "did you mean"; empty when none is near.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);
/// &, <, >, ", ' escaped.
std::string html_escape(std::string_view text);
/// "1.4 MB"; powers of 1,000.
std::string human_size(std::uint64_t bytes);

}  // namespace granary
