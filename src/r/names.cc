#include "r/names.h"

#include <algorithm>

#include "r/version.h"

namespace granary::r {
namespace {

constexpr std::string_view kSuffix = ".tar.gz";
constexpr std::size_t kMaxName = 255;

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool is_package_name(std::string_view name) noexcept {
  return name.size() >= 2 && name.size() <= kMaxName && is_letter(name.front()) && name.back() != '.' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
}

std::optional<SourceFileName> parse_source_file_name(std::string_view file_name) {
  if (file_name.size() > kMaxName || !file_name.ends_with(kSuffix)) return std::nullopt;
  file_name.remove_suffix(kSuffix.size());
  const auto separator = file_name.find('_');
  if (separator == std::string_view::npos) return std::nullopt;
  const auto package = file_name.substr(0, separator);
  const auto version = file_name.substr(separator + 1);
  if (!is_package_name(package) || !Version::parse(version)) return std::nullopt;
  return SourceFileName{std::string(package), std::string(version)};
}

std::optional<std::string_view> package_of_file(std::string_view file_name) noexcept {
  const auto end = file_name.find('_');
  if (end == std::string_view::npos || !is_package_name(file_name.substr(0, end))) return std::nullopt;
  return file_name.substr(0, end);
}

std::string source_file_name(std::string_view package, std::string_view version) {
  std::string name(package);
  name += '_';
  name += version;
  name += kSuffix;
  return name;
}

}  // namespace granary::r
