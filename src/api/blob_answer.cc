#include "api/blob_answer.h"

namespace granary::api {
namespace {

Result<mirror::Opened> open(const Context& ctx, blob::BlobStore& blobs, mirror::Mirrors* mirrors,
                            const model::FileRecord& file) {
  if (file.origin && mirrors != nullptr) return mirrors->open_file(ctx, file);
  auto servable = blobs.serve(ctx, file.blob, file.size);
  if (servable) return mirror::Opened{*std::move(servable), file.blob};
  if (servable.error().code() != Errc::not_found) return tl::unexpected(std::move(servable).error());
  auto lost = fail(Errc::internal, "the bytes of '" + file.filename + "' are missing on the server",
                   "the administrator finds out more with: granary verify");
  return tl::unexpected<Error>(std::move(lost.value()).note("blob " + file.blob.hex()));
}

}  // namespace

Result<http::Response> file_response(const Context& ctx, blob::BlobStore& blobs, mirror::Mirrors* mirrors,
                                     const model::FileRecord& file, std::string content_type) {
  auto opened = TRY(open(ctx, blobs, mirrors, file));
  http::Response response;
  response.with("Content-Type", std::move(content_type));
  if (opened.digest) response.etag = '"' + opened.digest->hex() + '"';
  response.last_modified = std::chrono::time_point_cast<std::chrono::seconds>(file.uploaded_at);
  response.ranges = true;
  if (auto* whole = std::get_if<std::shared_ptr<const OpenFile>>(&opened.body)) {
    response.body = http::FileBody{std::move(*whole)};
  } else {
    response.body = http::GrowingBody{std::get<std::shared_ptr<GrowingFile>>(std::move(opened.body))};
  }
  return response;
}

bool may_be_kept(const http::Response& response) noexcept {
  return !std::holds_alternative<http::GrowingBody>(response.body);
}

}  // namespace granary::api
