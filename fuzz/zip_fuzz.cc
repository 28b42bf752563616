#include <cstdlib>

#include "archive/scan.h"
#include "base/log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace granary;
  const MemorySource source(std::string(reinterpret_cast<const char*>(data), size));
  const Logger silent;
  const Context ctx(silent, {}, Context::Clock::now() + std::chrono::seconds(20));
  archive::Limits limits;
  limits.member_bytes = 100'000;
  const auto got =
      archive::scan(ctx, source, archive::Format::zip, limits, [](std::string_view) { return true; });
  if (!got) return 0;
  if (got->members.size() > limits.members || got->entries < got->members.size()) std::abort();
  for (const auto& member : got->members) {
    if (member.bytes.size() > limits.member_bytes || member.path.starts_with('/')) std::abort();
  }
  return 0;
}
