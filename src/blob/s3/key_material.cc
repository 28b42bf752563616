#include "blob/s3/key_material.h"

#include "base/hkdf.h"

namespace granary::blob::s3 {

KeyMaterial::KeyMaterial(std::string secret) : secret_(std::move(secret)) {
  GRANARY_ASSERT(secret_.size() == AeadKey::kSize);
}

KeyMaterial::~KeyMaterial() { wipe(secret_); }

std::shared_ptr<const AeadKey> KeyMaterial::key_of(const Digest& digest, std::string_view salt) const {
  if (salt.empty()) return std::make_shared<const AeadKey>(as_bytes(secret_));
  auto derived =
      hkdf_sha256(secret_, salt, std::string("granary sealed object 2").append(as_text(digest.bytes)));
  auto key = std::make_shared<const AeadKey>(as_bytes(derived));
  wipe(derived);
  return key;
}

}  // namespace granary::blob::s3
