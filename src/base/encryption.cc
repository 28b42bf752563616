#include "base/encryption.h"

#include <openssl/evp.h>

#include <memory>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/hkdf.h"
#include "base/text.h"

namespace granary {
namespace {

constexpr std::string_view kPrefix = "enc1:";
constexpr std::size_t kLeastBytes = 32, kMostBytes = 4096, kNewBytes = 512;
constexpr std::size_t kNonce = 12, kTag = 16, kFingerprint = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher new_cipher() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string header_of(std::string_view fingerprint) {
  return std::string(kPrefix) + std::string(fingerprint) + ":";
}

}  // namespace

Result<EncryptionKey> EncryptionKey::parse(std::string_view hex_text) {
  const auto material = unhex(trim(hex_text));
  if (!material || material->size() < kLeastBytes || material->size() > kMostBytes)
    return fail(Errc::invalid_argument, "the encryption key is not 32 to 4096 bytes as hex digits",
                "make one with: granary encrypt generate");
  EncryptionKey key;
  key.aes_key_ = hkdf_sha256(*material, {}, "granary AES-256-GCM of settings");
  key.fingerprint_ = sha256(as_bytes(*material)).hex().substr(0, kFingerprint);
  return key;
}

std::string EncryptionKey::generate() { return hex(as_bytes(random_bytes(kNewBytes))); }

std::string EncryptionKey::encrypt(std::string_view secret) const {
  const std::string header = header_of(fingerprint_);
  std::string sealed = random_bytes(kNonce);
  sealed.resize(kNonce + secret.size() + kTag);
  const auto cipher = new_cipher();
  auto* const out = raw(sealed);
  int size = 0;
  GRANARY_ASSERT(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(aes_key_), out) == 1);
  GRANARY_ASSERT(EVP_EncryptUpdate(cipher.get(), nullptr, &size, raw(std::string_view(header)),
                                   static_cast<int>(header.size())) == 1);
  GRANARY_ASSERT(EVP_EncryptUpdate(cipher.get(), out + kNonce, &size, raw(secret),
                                   static_cast<int>(secret.size())) == 1);
  GRANARY_ASSERT(EVP_EncryptFinal_ex(cipher.get(), out + kNonce + size, &size) == 1);
  GRANARY_ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag),
                                     out + kNonce + secret.size()) == 1);
  return header + base64(as_bytes(sealed));
}

Result<std::string> EncryptionKey::decrypt(std::string_view encrypted) const {
  const auto parts = split(trim(encrypted), ':');
  const bool formed = parts.size() == 3 && looks_encrypted(encrypted) && parts[1].size() == kFingerprint &&
                      unhex(parts[1]).has_value();
  auto sealed = formed ? unbase64(parts[2]) : std::nullopt;
  if (!sealed || sealed->size() < kNonce + kTag)
    return fail(Errc::invalid_argument, "the value is not what granary encrypt prints",
                "encrypt it again, and copy the whole line");
  if (parts[1] != fingerprint_)
    return fail(Errc::invalid_argument,
                "the value is encrypted with the key " + std::string(parts[1]) + ", but the key here is " +
                    fingerprint_,
                "give every node the key that it was encrypted with, or encrypt it again");
  const std::string header = header_of(fingerprint_);
  const std::size_t size = sealed->size() - kNonce - kTag;
  std::string secret(size, '\0');
  const auto cipher = new_cipher();
  int taken = 0;
  GRANARY_ASSERT(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(aes_key_), raw(*sealed)) ==
                 1);
  GRANARY_ASSERT(EVP_DecryptUpdate(cipher.get(), nullptr, &taken, raw(std::string_view(header)),
                                   static_cast<int>(header.size())) == 1);
  GRANARY_ASSERT(EVP_DecryptUpdate(cipher.get(), raw(secret), &taken, raw(*sealed) + kNonce,
                                   static_cast<int>(size)) == 1);
  GRANARY_ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag),
                                     raw(*sealed) + kNonce + size) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), raw(secret) + taken, &taken) != 1)
    return fail(Errc::corrupt, "the encrypted value was changed after it was made",
                "encrypt it again, and copy the whole line");
  return secret;
}

bool looks_encrypted(std::string_view value) noexcept { return trim(value).starts_with(kPrefix); }

}  // namespace granary
