#include <cstdlib>

#include "python/negotiate.h"

using namespace granary::python;

/// Any header gets one of the three forms, and the concrete type of a form is one that ?format= takes too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto type = content_type_of(negotiate(text));
  if (!parse_format(type.substr(0, type.find(';')))) std::abort();
  const auto form = parse_format(text);
  if (form && negotiate(content_type_of(*form).substr(0, content_type_of(*form).find(';'))) != *form)
    std::abort();
  return 0;
}
