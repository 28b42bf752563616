/// A bundle as somebody may hand it over: its members, its manifest and its lines. Never a crash, no place
/// outside of the file, and lines that were read are written and read again to the same.

#include <cstdint>
#include <cstdlib>

#include "api/bundle_lines.h"
#include "archive/ustar.h"
#include "cli/bundle_file.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemorySource bundle(std::string(reinterpret_cast<const char*>(data), size));
  (void)cli::read_manifest("bundle.tar", bundle);
  for (std::uint64_t at = 0;;) {
    const auto member = archive::read_ustar(bundle, at);
    if (!member || !*member) break;
    if ((*member)->offset + (*member)->size > size || (*member)->next <= at) std::abort();
    at = (*member)->next;
  }
  (void)api::for_each_line(bundle, [](std::string_view text) -> Result<> {
    const auto line = api::parse_bundle_line(text);
    if (line && api::to_text(*api::parse_bundle_line(api::to_text(*line))) != api::to_text(*line))
      std::abort();
    return {};
  });
  return 0;
}
