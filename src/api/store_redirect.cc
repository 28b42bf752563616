#include "api/store_redirect.h"

#include "base/log.h"

namespace granary::api {
namespace {

using mirror::HeldBytes;

Result<std::optional<HeldBytes>> bytes_of(const Context& ctx, mirror::Mirrors* mirrors,
                                          const model::FileRecord& file) {
  if (!file.origin) return HeldBytes{file.blob, file.size};
  if (mirrors == nullptr) return std::nullopt;
  return mirrors->held_bytes(ctx, file);
}

}  // namespace

Result<std::optional<http::Response>> redirect_to_store(const Context& ctx, const http::Request& request,
                                                        const view::Snapshot& snapshot,
                                                        blob::BlobStore& blobs, mirror::Mirrors* mirrors,
                                                        const model::FileRecord& file,
                                                        const std::string& content_type) {
  const auto& repository = *snapshot.repository;
  if (repository.downloads != model::Downloads::redirect || repository.authenticated) return std::nullopt;
  const auto held = TRY(bytes_of(ctx, mirrors, file));
  if (!held) return std::nullopt;
  const auto url = blobs.presign(ctx, held->digest, {file.filename, content_type});
  if (!url) {  // what is in the node's own cache can still be sent
    ctx.log().failed("cannot sign a URL of the object store, sending the file", url.error());
    return std::nullopt;
  }
  if (!*url) return std::nullopt;

  http::Response response;
  if (request.method == http::Method::head) {
    response.with("Content-Type", content_type);
    response.body = http::UnsentBody{held->size};
    response.ranges = true;
  } else {
    response = http::redirect(302, (*url)->url);
  }
  // No cache that is shared: it would take a 302 to GET for the answer to HEAD too. Half of the time, so that
  // who is sent last still arrives in time.
  response.with("Cache-Control", "private, max-age=" + std::to_string((*url)->valid.count() / 2));
  return response;
}

}  // namespace granary::api
