#include "blob/s3/envelope.h"

#include <algorithm>

#include "base/hash.h"

namespace granary::blob::s3 {
namespace {

constexpr std::string_view kMagic("granary\x02", 8), kFirstMagic("granary\x01", 8);

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

tl::unexpected<Error> bad(const char* what) {
  return fail(Errc::corrupt, std::string("the header of an encrypted object is damaged: ") + what,
              "run: granary verify");
}

}  // namespace

Result<std::string> write_envelope(const Envelope& envelope) {
  GRANARY_ASSERT(envelope.salt.empty() || envelope.salt.size() == kSaltSize);
  std::string out(envelope.salt.empty() ? kFirstMagic : kMagic);
  append_number(out, envelope.plain_size, 8);
  out += envelope.salt;
  for (const auto* text : {&envelope.key_id, &envelope.encrypted_key}) {
    if (text->size() > 0xFFFF) break;
    append_number(out, text->size(), 2);
    out += *text;
  }
  if (out.size() > kEnvelopeSize || envelope.encrypted_key.size() > 0xFFFF || envelope.key_id.size() > 0xFFFF)
    return fail(Errc::unsupported, "the key service's encrypted data key is too long",
                "name a symmetric key in S3Storage.KeyID");
  out.resize(kEnvelopeSize, '\0');
  return out;
}

Result<Envelope> parse_envelope(ByteSpan bytes) {
  std::string_view rest = as_text(bytes);
  if (rest.size() != kEnvelopeSize) return bad("its length");
  const bool first = rest.starts_with(kFirstMagic);
  if (!first && !rest.starts_with(kMagic)) return bad("it begins in another way");
  rest.remove_prefix(kMagic.size());
  Envelope out;
  out.plain_size = read_number(rest.substr(0, 8));
  rest.remove_prefix(8);
  if (out.plain_size > (std::uint64_t{1} << 60)) return bad("the size of the content");
  if (!first) {
    out.salt = rest.substr(0, kSaltSize);
    rest.remove_prefix(kSaltSize);
  }
  for (auto* text : {&out.key_id, &out.encrypted_key}) {
    if (rest.size() < 2) return bad("it ends too early");
    const auto length = static_cast<std::size_t>(read_number(rest.substr(0, 2)));
    rest.remove_prefix(2);
    if (length > rest.size()) return bad("it ends too early");
    *text = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  if (rest.find_first_not_of('\0') != rest.npos) return bad("what follows the keys");
  return out;
}

std::uint64_t segments_of(std::uint64_t plain_size) {
  return plain_size == 0 ? 1 : plain_size / kSegment + (plain_size % kSegment != 0);
}

std::uint64_t sealed_size(std::uint64_t plain_size) {
  return kEnvelopeSize + plain_size + AeadKey::kTag * segments_of(plain_size);
}

std::optional<std::uint64_t> plain_size(std::uint64_t sealed) {
  if (sealed < kEnvelopeSize + AeadKey::kTag) return std::nullopt;
  const std::uint64_t body = sealed - kEnvelopeSize;
  const std::uint64_t segments = body / kSealedSegment + (body % kSealedSegment != 0);
  if (body < segments * AeadKey::kTag) return std::nullopt;
  const std::uint64_t plain = body - segments * AeadKey::kTag;
  if (sealed_size(plain) != sealed) return std::nullopt;
  return plain;
}

Segments::Segments(std::string_view header, std::uint64_t plain_size, std::shared_ptr<const AeadKey> key)
    : header_hash_(as_text(sha256(as_bytes(header)).bytes)),
      plain_size_(plain_size),
      count_(segments_of(plain_size)),
      key_(std::move(key)) {}

std::size_t Segments::plain_length(std::uint64_t number) const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kSegment, plain_size_ - number * kSegment));
}

std::string Segments::associated(std::uint64_t number) const {
  std::string out = header_hash_;
  append_number(out, number, 8);
  out += number + 1 == count_ ? '\1' : '\0';
  return out;
}

namespace {

AeadKey::Nonce nonce_of(std::uint64_t number) {
  AeadKey::Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i)
    nonce[nonce.size() - 1 - i] = static_cast<std::byte>(number >> (8 * i) & 0xFF);
  return nonce;
}

}  // namespace

void Segments::seal(std::uint64_t number, ByteSpan plain, std::string& out) const {
  key_->seal(nonce_of(number), as_bytes(associated(number)), plain, out);
}

bool Segments::open(std::uint64_t number, ByteSpan sealed, std::string& out) const {
  return key_->open(nonce_of(number), as_bytes(associated(number)), sealed, out);
}

}  // namespace granary::blob::s3
