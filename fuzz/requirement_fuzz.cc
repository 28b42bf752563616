/// Requirements of metadata that strangers wrote: what is taken has a name, and its specifiers and its marker
/// can be asked.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "python/marker.h"
#include "python/name.h"
#include "python/requirement.h"

using namespace granary::python;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto kVersion = Version::parse("1.2.3");
  static const MarkerEnvironment kNothing, kSomething = {{"python_version", "3.11"}, {"os_name", "posix"}};
  (void)allows(text, *kVersion);
  // What holds wherever, holds here.
  const auto anywhere = holds(text, kNothing, "all"), here = holds(text, kSomething, "all");
  if (anywhere != Holds::perhaps && here != anywhere) std::abort();
  if (const auto read = parse_requirement(text)) {
    if (normalize_name(read->project) != read->project || read->project.empty()) std::abort();
    (void)allows(read->specifiers, *kVersion);
    (void)holds(read->marker, kSomething, "");
  }
  return 0;
}
