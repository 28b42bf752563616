#include "view/render.h"

#include "base/compress.h"
#include "base/hash.h"
#include "base/quick_gzip.h"

namespace granary::view {
namespace {

constexpr int kGzipLevel = 6;
/// Of large bodies, which are lists of names or of hashes, the first level is three times as fast, and no
/// worse.
constexpr int kZstdLevel = 3, kZstdLevelOfLarge = 1;
constexpr std::size_t kLarge = 1 << 20, kHuge = 24 << 20;
constexpr std::size_t kTagLength = 32;  // hex digits: 128 bits

std::string tag_of(std::string_view bytes) { return sha256(as_bytes(bytes)).hex().substr(0, kTagLength); }

Rendered::Bytes if_smaller(std::string encoded, std::size_t than) {
  return encoded.size() < than ? std::make_shared<const std::string>(std::move(encoded)) : nullptr;
}

}  // namespace

Rendered::Rendered(std::string body, bool compressible, Packing packing)
    : size_(body.size()), compressible_(compressible), packing_(packing) {
  if (body.capacity() - body.size() > body.size() / 8) body.shrink_to_fit();  // which copies
  identity_ = std::make_shared<const std::string>(std::move(body));
  if (size_ < kHuge) return;
  etag();
  gzip();
  if (zstd()) identity_.reset();
}

Result<Rendered> Rendered::from(Parts parts) {
  Rendered rendered;
  rendered.size_ = parts.size;
  rendered.compressible_ = parts.compressible;
  rendered.identity_ = std::move(parts.identity);
  if (!rendered.identity_) {
    if (!parts.zstd) return fail(Errc::corrupt, "a rendered body without its bytes");
    auto body = TRY(unzstd(*parts.zstd, parts.size));
    if (body.size() != parts.size) return fail(Errc::corrupt, "a rendered body of another size");
    if (parts.size < kHuge) rendered.identity_ = std::make_shared<const std::string>(std::move(body));
  }
  auto& encodings = *rendered.encodings_;
  std::call_once(encodings.etag_once, [&] { encodings.etag = std::move(parts.etag); });
  std::call_once(encodings.gzip_once, [&] { encodings.set_gzip(std::move(parts.gzip)); });
  std::call_once(encodings.zstd_once, [&] { encodings.set_zstd(std::move(parts.zstd)); });
  return rendered;
}

Rendered::Parts Rendered::parts() const {
  Parts parts{etag(), size_, compressible_, nullptr, gzip(), zstd()};
  if (!parts.zstd) parts.identity = identity();
  return parts;
}

Rendered::Bytes Rendered::identity() const {
  if (identity_) return identity_;
  const std::scoped_lock lock(encodings_->mutex);
  if (auto known = encodings_->decoded.lock()) return known;
  auto text = unzstd(*encodings_->zstd, size_);
  GRANARY_ASSERT(text);
  auto decoded = std::make_shared<const std::string>(std::move(*text));
  encodings_->decoded = decoded;
  return decoded;
}

const std::string& Rendered::etag() const {
  std::call_once(encodings_->etag_once, [&] { encodings_->etag = tag_of(*identity()); });
  return encodings_->etag;
}

const std::string& Rendered::gzip_etag() const {
  gzip();
  return encodings_->gzip_etag;
}

const std::string& Rendered::zstd_etag() const {
  zstd();
  return encodings_->zstd_etag;
}

void Rendered::Encodings::set_gzip(Bytes bytes) {
  gzip = std::move(bytes);
  if (gzip) gzip_etag = tag_of(*gzip);
}

void Rendered::Encodings::set_zstd(Bytes bytes) {
  zstd = std::move(bytes);
  if (zstd) zstd_etag = tag_of(*zstd);
}

const Rendered::Bytes& Rendered::gzip() const {
  std::call_once(encodings_->gzip_once, [&] {
    const bool quickly = packing_ == Packing::quick && size_ > kLarge && size_ < kHuge;
    if (compressible_)
      encodings_->set_gzip(
          if_smaller(quickly ? quick_gzip(*identity_) : granary::gzip(*identity_, kGzipLevel), size_));
  });
  return encodings_->gzip;
}

const Rendered::Bytes& Rendered::zstd() const {
  std::call_once(encodings_->zstd_once, [&] {
    const int level = identity_->size() > kLarge ? kZstdLevelOfLarge : kZstdLevel;
    if (compressible_) encodings_->set_zstd(if_smaller(granary::zstd(*identity_, level), identity_->size()));
  });
  return encodings_->zstd;
}

std::size_t Rendered::weight() const noexcept {
  const auto made = [](const Bytes& bytes) { return bytes ? bytes->size() : 0; };
  const auto encoded = size_ < kHuge ? (compressible_ ? size_ / 2 : 0)  // likely
                                     : made(encodings_->gzip) + made(encodings_->zstd);
  return sizeof(*this) + sizeof(Encodings) + made(identity_) + encoded;
}

}  // namespace granary::view
