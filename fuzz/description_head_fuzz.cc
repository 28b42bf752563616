/// The head of a tarball as an upstream sends it. The first byte chooses: packed as it comes, or packed here,
/// so that mutations are not lost in a gzip checksum.

#include <cstdint>
#include <cstdlib>

#include "base/compress.h"
#include "base/log.h"
#include "mirror/description_head.h"
#include "r/history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace granary;
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) bytes = gzip(bytes, 1);
  const Logger silent;
  const Context ctx(silent, {}, Context::Clock::now() + std::chrono::seconds(20));
  const MemorySource source(bytes);
  const auto stanza = mirror::read_description(ctx, source, "aaa", "1.0");
  if (!stanza) return 0;
  if (!stanza->starts_with("Package: aaa\nVersion: ") || !stanza->ends_with('\n') ||
      stanza->find("\n\n") != std::string::npos)
    std::abort();
  r::PackageHistory history;
  history.package = "aaa";
  history.versions.push_back({.version = "1.0"});
  if (!r::describe(history, "1.0", *stanza, size)) std::abort();
  const auto again = r::decode_history(r::encode(history));
  if (!again || *again != history) std::abort();
  return 0;
}
