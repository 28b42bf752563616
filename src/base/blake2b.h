#pragma once
/// BLAKE2b with a digest of 32 bytes and no key (RFC 7693): `blake2_256_digest` of Python uploads.
/// OpenSSL 3.0 has only the 64-byte form.

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace granary {

/// Bytes in, hash out; finish() once. One thread.
class Blake2b256 {
 public:
  Blake2b256() noexcept;
  void update(ByteSpan bytes) noexcept;
  std::string finish() noexcept;  // 32 raw bytes

 private:
  void compress(const std::byte* block, bool last) noexcept;

  std::array<std::uint64_t, 8> state_;
  std::array<std::byte, 128> pending_{};
  std::size_t filled_ = 0;
  std::uint64_t counted_ = 0;  // bytes compressed; 2^64 of them are out of reach
};

std::string blake2b_256_hex(ByteSpan bytes);

}  // namespace granary
