#include "base/hkdf.h"

#include <openssl/crypto.h>

#include "base/hash.h"

namespace granary {

std::string hkdf_sha256(std::string_view material, std::string_view salt, std::string_view info) {
  std::string extracted = hmac_sha256(salt.empty() ? std::string(32, '\0') : std::string(salt), material);
  auto key = hmac_sha256(extracted, std::string(info) + '\x01');
  wipe(extracted);
  return key;
}

void wipe(std::string& secret) noexcept { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace granary
