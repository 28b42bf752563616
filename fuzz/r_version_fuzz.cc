// Versions and file names: the order is an order, and a name that parses is made again from its parts.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "r/names.h"
#include "r/version.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = r::parse_source_file_name(text)) {
    if (r::source_file_name(name->package, name->version) != text) abort();
    if (!r::is_package_name(name->package) || !r::Version::parse(name->version)) abort();
    if (text.find('/') != std::string_view::npos) abort();
  }
  const auto first = text.find('\n');
  if (first == std::string_view::npos) return 0;
  const auto second = text.find('\n', first + 1);
  const auto a = text.substr(0, first);
  const auto b = text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
  const auto c = second == std::string_view::npos ? std::string_view() : text.substr(second + 1);
  if (r::compare_versions(a, a) != 0) abort();
  if ((r::compare_versions(a, b) < 0) != (r::compare_versions(b, a) > 0)) abort();
  if (r::compare_versions(a, b) <= 0 && r::compare_versions(b, c) <= 0 && r::compare_versions(a, c) > 0)
    abort();
  return 0;
}
