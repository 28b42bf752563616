#include "blob/s3/plain_objects.h"

#include "blob/layout.h"
#include "blob/spool.h"

namespace granary::blob::s3 {

Result<std::optional<BlobInfo>> PlainObjects::find(const Context& ctx, const Digest& digest) {
  const auto object = TRY(client_->head(ctx, layout::object(shelf_, digest)));
  if (!object) return std::optional<BlobInfo>();
  return std::optional<BlobInfo>(BlobInfo{digest, object->size, object->modified});
}

Result<> PlainObjects::get(const Context& ctx, const Digest& digest, Range range,
                           const std::function<Result<>(std::uint64_t)>& begin,
                           const std::function<Result<>(ByteSpan)>& sink) {
  auto got = client_->get(ctx, layout::object(shelf_, digest), range, begin, sink);
  if (!got && got.error().code() == Errc::not_found) return no_such_blob(digest);
  return got;
}

Result<std::optional<DirectUrl>> PlainObjects::presign(const Context& ctx, const Digest& digest,
                                                       const Presentation& as) {
  return client_->presign(ctx, layout::object(shelf_, digest), as);
}

Result<> PlainObjects::put(const Context& ctx, const Digest& digest, const ByteSource& body) {
  return client_->put(ctx, layout::object(shelf_, digest), body,
                      shelf_ == layout::Shelf::content ? std::optional(digest) : std::nullopt);
}

Result<> PlainObjects::touch(const Context& ctx, const Digest& digest) {
  return client_->touch(ctx, layout::object(shelf_, digest));
}

Result<> PlainObjects::remove(const Context& ctx, const Digest& digest) {
  return client_->remove(ctx, layout::object(shelf_, digest));
}

Result<> PlainObjects::for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) {
  return client_->list(ctx, std::string(layout::folder(shelf_)) + "/",
                       [&](const ObjectInfo& object) -> Result<> {
                         const auto digest = layout::parse_object(shelf_, object.key);
                         if (!digest) return {};
                         return each({*digest, object.size, object.modified});
                       });
}

}  // namespace granary::blob::s3
