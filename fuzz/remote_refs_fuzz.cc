/// What git ls-remote prints, and what people type for a builder: what is taken is what it says it is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "build/builder.h"
#include "build/remote_refs.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  if (const auto refs = build::parse_remote_refs(lines)) {
    for (const auto& ref : *refs) {
      if (!build::is_commit(ref.commit) || ref.name.empty()) std::abort();
    }
  }
  for (const auto& line : lines) {
    if ((build::check_url(line) || build::check_ref(line) || build::check_sub_dir(line)) &&
        line.starts_with('-'))
      std::abort();
    if (build::check_sub_dir(line) && (line.starts_with('/') || line == ".." || line.starts_with("../") ||
                                       line.find("/../") != std::string::npos || line.ends_with("/..")))
      std::abort();
  }
  return 0;
}
