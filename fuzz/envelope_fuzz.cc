// The header of an encrypted object: any bytes give one that is written back alike, or an error.
#include <cstdint>
#include <cstdlib>

#include "blob/s3/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace granary;
  std::string bytes(as_text({reinterpret_cast<const std::byte*>(data), size}));
  bytes.resize(blob::s3::kEnvelopeSize, '\0');
  const auto envelope = blob::s3::parse_envelope(as_bytes(bytes));
  if (!envelope && envelope.error().code() != Errc::corrupt) std::abort();
  if (envelope) {
    const auto written = blob::s3::write_envelope(*envelope);
    if (!written || *written != bytes) std::abort();
    if (blob::s3::plain_size(blob::s3::sealed_size(envelope->plain_size)) != envelope->plain_size)
      std::abort();
  }
  if (const auto parsed = blob::s3::parse_envelope(as_bytes(bytes).first(size % bytes.size())); parsed)
    std::abort();
  return 0;
}
