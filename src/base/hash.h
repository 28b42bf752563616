#pragma once
/// Message digests, through OpenSSL.

#include <memory>
#include <string>

#include "base/bytes.h"

namespace granary {

enum class HashKind : std::uint8_t { md5, sha256 };

/// Bytes in, hash out; finish() once. One thread.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void update(ByteSpan bytes);
  std::string finish();  // raw bytes

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Digest sha256(ByteSpan bytes);
std::string md5_hex(ByteSpan bytes);
std::string hmac_sha256(std::string_view key, std::string_view message);  // raw bytes
/// From the operating system's generator, fit for secrets.
std::string random_bytes(std::size_t count);
/// Time does not depend on where the two differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace granary
