#include "blob/probe.h"

#include <array>

#include "base/hash.h"

namespace granary::blob {

Result<> probe_by_use(const Context& ctx, BlobStore& store) {
  const std::string content = "granary probe " + hex(as_bytes(random_bytes(16))) + "\n";
  const auto writer = TRY(store.create(ctx));
  TRY(writer->write(as_bytes(content)));
  const auto stored = TRY(writer->commit(sha256(as_bytes(content))));
  const auto read_back = [&]() -> Result<> {
    const auto reader = TRY(store.open(ctx, stored.digest));
    std::string got;
    std::array<std::byte, 256> chunk;
    while (const auto n = TRY(reader->read(chunk))) {
      got += as_text(std::span(chunk).first(n));
      if (got.size() > content.size()) break;
    }
    if (got != content) return fail(Errc::corrupt, "the blob store gave other bytes than were stored in it");
    return {};
  };
  auto result = read_back();
  auto removed = store.remove(ctx, stored.digest);
  return result ? removed : result;
}

}  // namespace granary::blob
