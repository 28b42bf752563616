#pragma once
/// What KMS gives: the secret from which the keys of objects come.

#include <memory>
#include <string>
#include <string_view>

#include "base/aead.h"
#include "base/bytes.h"

namespace granary::blob::s3 {

/// Wiped from memory at its end. Safe for concurrent use.
class KeyMaterial {
 public:
  /// `secret` has AeadKey::kSize bytes.
  explicit KeyMaterial(std::string secret);
  ~KeyMaterial();
  KeyMaterial(const KeyMaterial&) = delete;
  KeyMaterial& operator=(const KeyMaterial&) = delete;

  /// The key of the object of that digest: of its own for each salt. Without a salt the secret itself, as
  /// that of an object of version 1, which shares it with no other.
  std::shared_ptr<const AeadKey> key_of(const Digest& digest, std::string_view salt) const;

 private:
  std::string secret_;
};

}  // namespace granary::blob::s3
