#pragma once
/// The form of an object that is encrypted before it leaves this machine. Pure. See
/// docs/adr/0010-sealed-objects.md.
///
///   header    1,024 bytes: "granary" 0x02; size of the content (8 bytes, big endian); salt (32 bytes); id of
///             the master key and the encrypted data key, each with its length (2 bytes) in front; zeros
///   segments  64 KiB of content each, the last one shorter, at least one; AES-256-GCM under the key of this
///             object; 16 bytes longer than the content
///
/// The key of an object is derived from the data key, the salt and the digest of the content
/// (key_material.h). Version 1 (0x01, no salt) is read for ever: there each object has a data key to itself.
///
/// A segment's nonce is its number. Authenticated with it: the SHA-256 of the header, its number, and whether
/// it is the last. So none can be left out, exchanged, or put into another object.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/aead.h"
#include "base/bytes.h"

namespace granary::blob::s3 {

struct Envelope {
  std::uint64_t plain_size = 0;
  std::string key_id, encrypted_key;
  std::string salt{};  // kSaltSize bytes; empty: version 1
  bool operator==(const Envelope&) const = default;
};

inline constexpr std::size_t kSaltSize = 32;
inline constexpr std::size_t kEnvelopeSize = 1024;
inline constexpr std::size_t kSegment = 64 * 1024;
inline constexpr std::size_t kSealedSegment = kSegment + AeadKey::kTag;

/// Errc::unsupported when key and id are too long for it.
Result<std::string> write_envelope(const Envelope& envelope);
/// Errc::corrupt for anything that write_envelope() does not write.
Result<Envelope> parse_envelope(ByteSpan bytes);

std::uint64_t segments_of(std::uint64_t plain_size);
std::uint64_t sealed_size(std::uint64_t plain_size);
/// The inverse; absent for a size that no sealed object has.
std::optional<std::uint64_t> plain_size(std::uint64_t sealed_size);

/// What all segments of one object share. Safe for concurrent use.
class Segments {
 public:
  Segments(std::string_view header, std::uint64_t plain_size, std::shared_ptr<const AeadKey> key);
  std::uint64_t plain_size() const noexcept { return plain_size_; }
  std::uint64_t count() const noexcept { return count_; }
  /// Content of segment `number`.
  std::size_t plain_length(std::uint64_t number) const;
  void seal(std::uint64_t number, ByteSpan plain, std::string& out) const;
  bool open(std::uint64_t number, ByteSpan sealed, std::string& out) const;

 private:
  std::string associated(std::uint64_t number) const;
  std::string header_hash_;
  std::uint64_t plain_size_, count_;
  std::shared_ptr<const AeadKey> key_;
};

}  // namespace granary::blob::s3
