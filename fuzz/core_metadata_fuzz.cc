#include <cstdlib>

#include "python/metadata.h"
#include "python/name.h"
#include "python/specifier.h"
#include "python/version.h"

using namespace granary;

/// What is accepted has a valid name, version and Requires-Python; reading never fails.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fields = python::read_metadata(text);
  if (fields.description.size() > size || fields.classifiers.size() > size) std::abort();
  const auto checked = python::parse_metadata(text);
  if (!checked) return 0;
  if (!python::is_valid_name(checked->name) || !python::Version::parse(checked->version)) std::abort();
  if (!python::check_specifiers(checked->requires_python)) std::abort();
  return 0;
}
