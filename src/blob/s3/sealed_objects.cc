#include "blob/s3/sealed_objects.h"

#include <algorithm>

#include "base/hash.h"
#include "blob/layout.h"
#include "blob/s3/sealing.h"
#include "blob/spool.h"

namespace granary::blob::s3 {
namespace {

tl::unexpected<Error> wrong_size(std::uint64_t size) {
  return fail(Errc::corrupt, "an encrypted object has a size that none can have: " + std::to_string(size),
              "run: granary verify");
}

}  // namespace

Result<std::optional<BlobInfo>> SealedObjects::find(const Context& ctx, const Digest& digest) {
  const auto object = TRY(client_->head(ctx, layout::sealed_object(digest, shelf_)));
  if (!object) return plain_.find(ctx, digest);
  const auto size = plain_size(object->size);
  // Not as it should be, but there: the catalog's size tells, and verify names it.
  return std::optional<BlobInfo>(BlobInfo{digest, size.value_or(object->size), object->modified});
}

/// What is needed to open an object that begins with `header` and has `sealed` bytes.
Result<Segments> SealedObjects::segments(const Context& ctx, const Digest& digest, ByteSpan header,
                                         std::uint64_t sealed) {
  const auto envelope = TRY(parse_envelope(header));
  if (sealed_size(envelope.plain_size) != sealed) return wrong_size(sealed);
  const auto key = TRY(keys_.find(ctx, digest, envelope));
  return Segments(as_text(header), envelope.plain_size, key->key_of(digest, envelope.salt));
}

/// The same content may be stored again while it is read, under another key. Then one begins anew where
/// the content stopped.
Result<> SealedObjects::get(const Context& ctx, const Digest& digest, Range range,
                            const std::function<Result<>(std::uint64_t)>& begin,
                            const std::function<Result<>(ByteSpan)>& sink) {
  bool begun = false, theirs = false;  // the caller's failures are not to be tried again
  const auto noting = [&](Result<> result) {
    theirs = theirs || !result;
    return result;
  };
  const auto begin_once = [&](std::uint64_t whole) -> Result<> {
    if (begun) return {};
    begun = true;
    return noting(begin(whole));
  };
  const auto counting = [&](ByteSpan bytes) -> Result<> {
    range.offset += bytes.size();
    if (range.length) *range.length -= bytes.size();
    return noting(sink(bytes));
  };
  auto got = get_sealed(ctx, digest, range, begin_once, counting);
  if (!got && !theirs && got.error().code() == Errc::corrupt)
    got = get_sealed(ctx, digest, range, begin_once, counting);
  if (!got && !begun && got.error().code() == Errc::not_found)
    return plain_.get(ctx, digest, range, begin, sink);
  return got;
}

Result<> SealedObjects::get_sealed(const Context& ctx, const Digest& digest, const Range range,
                                   const std::function<Result<>(std::uint64_t)>& begin,
                                   const std::function<Result<>(ByteSpan)>& sink) {
  const std::string key = layout::sealed_object(digest, shelf_);
  std::uint64_t sealed = 0;
  std::string header;
  std::optional<Segments> object;
  std::optional<SegmentOpener> opener;
  const auto begin_sealed = [&](std::uint64_t whole) -> Result<> {
    sealed = whole;
    const auto plain = plain_size(whole);
    return plain ? begin(*plain) : wrong_size(whole);
  };
  const auto take = [&](ByteSpan bytes) -> Result<> {
    if (opener) return opener->write(bytes);
    const auto head = bytes.first(std::min(bytes.size(), kEnvelopeSize - header.size()));
    header += as_text(head);
    if (header.size() < kEnvelopeSize) return {};
    object.emplace(TRY(segments(ctx, digest, as_bytes(header), sealed)));
    opener.emplace(*object, range.offset, range.length.value_or(object->plain_size()), sink);
    return opener->write(bytes.subspan(head.size()));
  };

  if (range.offset == 0) {  // the header and the content in one request
    Range all;
    if (range.length) all.length = kEnvelopeSize + segments_of(*range.length) * kSealedSegment;
    TRY(client_->get(ctx, key, all, begin_sealed, take));
  } else {
    TRY(client_->get(ctx, key, {.offset = 0, .length = kEnvelopeSize}, begin_sealed, take));
    if (!opener) return wrong_size(sealed);
    TRY(client_->get(
        ctx, key, {.offset = opener->first_byte(), .length = opener->byte_count()},
        [&](std::uint64_t whole) { return whole == sealed ? Result<>() : wrong_size(whole); }, take));
  }
  return opener ? opener->finish() : wrong_size(sealed);
}

Result<> SealedObjects::put(const Context& ctx, const Digest& digest, const ByteSource& body) {
  const bool first_version = older_nodes_read_ && older_nodes_read_();
  const auto key = TRY(first_version ? keys_.of_its_own(ctx, digest) : keys_.next(ctx));
  const auto salt = first_version ? std::string() : random_bytes(kSaltSize);
  auto header = TRY(write_envelope({body.size(), key.key_id, key.encrypted, salt}));
  Segments segments(header, body.size(), key.key->key_of(digest, salt));
  const SealedSource sealed(body, std::move(header), std::move(segments));
  TRY(client_->put(ctx, layout::sealed_object(digest, shelf_), sealed, std::nullopt));
  return plain_.remove(ctx, digest);
}

Result<> SealedObjects::touch(const Context& ctx, const Digest& digest) {
  return client_->touch(ctx, layout::sealed_object(digest, shelf_));
}

Result<> SealedObjects::remove(const Context& ctx, const Digest& digest) {
  TRY(client_->remove(ctx, layout::sealed_object(digest, shelf_)));
  return plain_.remove(ctx, digest);
}

Result<> SealedObjects::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  // Objects come in the order of their keys: a plain one right before the encrypted one of the same content.
  std::optional<BlobInfo> plain;
  TRY(client_->list(
      ctx, std::string(layout::folder(shelf_)) + "/", [&](const ObjectInfo& object) -> Result<> {
        const auto sealed = layout::parse_sealed_object(object.key, shelf_);
        if (plain && (!sealed || plain->digest != *sealed)) TRY(each(*plain));
        plain.reset();
        if (sealed) return each({*sealed, plain_size(object.size).value_or(object.size), object.modified});
        if (const auto digest = layout::parse_object(shelf_, object.key))
          plain = {*digest, object.size, object.modified};
        return {};
      }));
  return plain ? each(*plain) : Result<>();
}

}  // namespace granary::blob::s3
