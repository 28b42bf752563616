#include "view/render.h"

#include "base/compress.h"
#include "base/hash.h"

namespace granary::view {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;
constexpr std::size_t kTagLength = 32;  // hex digits: 128 bits

std::shared_ptr<const std::string> if_smaller(std::string encoded, std::size_t than) {
  return encoded.size() < than ? std::make_shared<const std::string>(std::move(encoded)) : nullptr;
}

}  // namespace

Rendered encode(std::string body, bool compressible) {
  Rendered rendered;
  rendered.etag = sha256(as_bytes(body)).hex().substr(0, kTagLength);
  if (compressible) {
    rendered.gzip = if_smaller(gzip(body, kGzipLevel), body.size());
    rendered.zstd = if_smaller(zstd(body, kZstdLevel), body.size());
  }
  body.shrink_to_fit();
  rendered.identity = std::make_shared<const std::string>(std::move(body));
  return rendered;
}

std::size_t weight_of(const Rendered& rendered) {
  std::size_t weight = sizeof(Rendered) + rendered.identity->size();
  for (const auto& variant : {rendered.gzip, rendered.zstd}) weight += variant ? variant->size() : 0;
  return weight;
}

}  // namespace granary::view
