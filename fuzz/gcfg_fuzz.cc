// Whatever the file holds, it is read or refused; what was read can be written and read again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/gcfg.h"
#include "config/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto entries = granary::config::parse_gcfg(text, "f");
  if (entries) {
    for (const auto& entry : *entries) {
      const auto line = "[S]\n" + entry.key + " = " + granary::config::quoted_value(entry.value);
      const auto again = granary::config::parse_gcfg(line, "f");
      if (!again || again->size() != 1 || again->front().value != entry.value) std::abort();
      if (entry.section.empty() || entry.line < 1) std::abort();
    }
  }
  const auto report = granary::config::check(text, "f", {});
  if (!entries && report.errors.empty()) std::abort();
  for (const auto& error : report.errors) {
    if (error.message().empty() || error.message().find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
