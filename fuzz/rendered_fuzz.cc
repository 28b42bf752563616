// A rendered body as it lies in the store: any bytes with the right hash give one that is whole, or an error.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/hash.h"
#include "view/render_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace granary;
  static const std::size_t kMagic = std::strlen("granary rendered 1\n");
  static const std::string kPacked = [] { return view::pack(view::Rendered("x", true), Digest{}); }();
  if (!view::unpack(kPacked, Digest{})) std::abort();
  const std::string body(as_text({reinterpret_cast<const std::byte*>(data), size}));
  if (body.size() < 32) return 0;
  Digest name;
  std::memcpy(name.bytes.data(), body.data(), name.bytes.size());
  const auto hash = sha256(as_bytes(body));
  std::string packed = kPacked.substr(0, kMagic);
  packed.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
  const auto rendered = view::unpack(packed + body, name);
  if (rendered && (!rendered->identity() || rendered->etag().empty())) std::abort();
  if (view::unpack(body, name)) std::abort();
  return 0;
}
