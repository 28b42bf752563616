#include "python/name.h"

#include <algorithm>

namespace granary::python {
namespace {
constexpr std::size_t kLongest = 200;

bool is_separator(char c) noexcept { return c == '-' || c == '_' || c == '.'; }
bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) noexcept { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }
}  // namespace

bool is_valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongest) return false;
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || is_separator(c); });
}

std::string normalize_name(std::string_view name) {
  if (is_normalized_name(name)) return std::string(name);  // nearly all of an index
  std::string out;
  out.reserve(name.size());
  bool in_run = false;
  for (const char c : name) {
    if (is_separator(c)) {
      if (!in_run) out += '-';
      in_run = true;
      continue;
    }
    in_run = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_normalized_name(std::string_view name) noexcept {
  if (!is_valid_name(name)) return false;
  char before = 'a';
  for (const char c : name) {
    if (!is_lower_or_digit(c) && c != '-') return false;
    if (c == '-' && before == '-') return false;
    before = c;
  }
  return true;
}

}  // namespace granary::python
