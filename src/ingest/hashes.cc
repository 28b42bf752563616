#include "ingest/hashes.h"

#include <cstring>

#include "base/blake2b.h"
#include "base/hash.h"
#include "base/text.h"

namespace granary::ingest {

namespace {

Result<> compare(const char* kind, const std::optional<std::string>& claimed, const std::string& found) {
  if (!claimed || equals_ignore_case(*claimed, found)) return {};
  if (claimed->size() != found.size()) {
    return fail(Errc::invalid_argument, std::string("the upload's ") + kind + " digest is not one",
                "send it in hexadecimal, " + std::to_string(found.size()) + " digits");
  }
  return fail(Errc::invalid_argument,
              std::string("the file's ") + kind + " digest is " + found + ", but the upload says another one",
              "the file was changed on its way, or after its digest was made: upload it again");
}

}  // namespace

Result<Hashes> hash_upload(const Context& ctx, const Upload& upload) {
  Hasher sha(HashKind::sha256), md5(HashKind::md5);
  std::optional<Blake2b256> blake;
  if (upload.blake2b_256) blake.emplace();
  TRY(for_each_chunk(*upload.bytes, [&](ByteSpan chunk) -> Result<> {
    sha.update(chunk);
    md5.update(chunk);
    if (blake) blake->update(chunk);
    return ctx.check();
  }));
  Hashes out;
  const auto raw = sha.finish();
  std::memcpy(out.sha256.bytes.data(), raw.data(), out.sha256.bytes.size());
  out.md5 = hex(as_bytes(md5.finish()));
  TRY(compare("sha256", upload.sha256, out.sha256.hex()));
  TRY(compare("md5", upload.md5, out.md5));
  if (blake) TRY(compare("blake2b-256", upload.blake2b_256, hex(as_bytes(blake->finish()))));
  return out;
}

}  // namespace granary::ingest
