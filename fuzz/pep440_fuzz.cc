#include <cstdlib>

#include "python/specifier.h"
#include "python/version.h"

using namespace granary::python;

/// The normal form is read as the same version and is its own normal form; the order is antisymmetric.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = text.find('\n');
  const auto left = text.substr(0, cut);
  const auto right = cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1);
  const auto version = Version::parse(left);
  if (version && version->text().size() <= 512) {  // the longest that is read
    const auto again = Version::parse(version->text());
    if (!again || !(*again == *version) || again->text() != version->text()) std::abort();
    if (!check_specifiers("==" + version->text())) std::abort();
  }
  const auto forth = compare_versions(left, right);
  const auto back = compare_versions(right, left);
  if ((forth < 0) != (back > 0) || (forth == 0) != (back == 0)) std::abort();
  return 0;
}
