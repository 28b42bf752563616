#pragma once
/// Secrets at rest: AES-256-GCM (NIST SP 800-38D) under one key that all nodes share, through OpenSSL.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace granary {

/// Copies are cheap; safe for concurrent use.
class EncryptionKey {
 public:
  /// `hex`: 32 to 4,096 random bytes as hex digits, blanks around them allowed; 512 bytes are the incumbent's
  /// form. The AES key is derived from them by HKDF-SHA-256 (RFC 5869), so that the fingerprint says nothing
  /// about it.
  static Result<EncryptionKey> parse(std::string_view hex);
  /// A new one in that form.
  static std::string generate();

  /// The first 16 digits of the SHA-256 of the random bytes: fit for logs.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

  /// "enc1:<fingerprint>:<base64 of nonce, ciphertext, tag>", one line. Each call gives another: the nonce is
  /// random, which is safe for 2^32 values under one key.
  std::string encrypt(std::string_view secret) const;
  /// Errc::invalid_argument: not of that form, or made with another key (both fingerprints are named).
  /// Errc::corrupt: changed since. No message holds any of the value.
  Result<std::string> decrypt(std::string_view encrypted) const;

 private:
  std::string aes_key_, fingerprint_;
};

/// Whether decrypt() is meant: the form's prefix.
bool looks_encrypted(std::string_view value) noexcept;

}  // namespace granary
