#include <cstdlib>

#include "python/filename.h"
#include "python/name.h"

using namespace granary::python;

/// What is accepted is safe as one segment of a path, and names a valid project.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto check = [&](const auto& parsed) {
    if (!parsed) return;
    if (text.find_first_of(std::string_view("/\\\0\r\n", 5)) != std::string_view::npos || text[0] == '.')
      std::abort();
    if (!is_normalized_name(parsed->project)) std::abort();
  };
  check(parse_wheel_filename(text));
  check(parse_sdist_filename(text));
  const auto dash = text.find('-');
  check(parse_sdist_filename(text, text.substr(0, dash)));
  return 0;
}
