#pragma once
/// Authenticated encryption: AES-256-GCM (NIST SP 800-38D), through OpenSSL.

#include <array>
#include <string>

#include "base/bytes.h"

namespace granary {

/// A key; wiped from memory at its end. Safe for concurrent use. A nonce must never be used twice with it for
/// different bytes.
class AeadKey {
 public:
  static constexpr std::size_t kSize = 32, kNonce = 12, kTag = 16;
  using Nonce = std::array<std::byte, kNonce>;

  /// `key` has kSize bytes.
  explicit AeadKey(ByteSpan key);
  ~AeadKey();
  AeadKey(const AeadKey&) = delete;
  AeadKey& operator=(const AeadKey&) = delete;

  /// Appends the sealed bytes, kTag longer than `plain`. `also` is authenticated, and not kept.
  void seal(const Nonce& nonce, ByteSpan also, ByteSpan plain, std::string& out) const;
  /// Appends the plain bytes; false, and nothing is appended, when it is not what was sealed with this nonce
  /// and `also`.
  bool open(const Nonce& nonce, ByteSpan also, ByteSpan sealed, std::string& out) const;

 private:
  std::array<std::byte, kSize> key_;
};

}  // namespace granary
