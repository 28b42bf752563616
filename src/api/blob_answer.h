#pragma once
/// A stored file as the body of an answer.

#include "base/context.h"
#include "blob/blob_store.h"
#include "http/message.h"
#include "mirror/mirrors.h"
#include "model/types.h"

namespace granary::api {

/// 200 with ranges, ETag (the SHA-256, where it is known yet) and Last-Modified. A file of an upstream is
/// fetched through `mirrors`, which may be null where there are none. Errc::internal when a row names bytes
/// that are not there.
Result<http::Response> file_response(const Context&, blob::BlobStore&, mirror::Mirrors* mirrors,
                                     const model::FileRecord&, std::string content_type);

/// Whether event loops may keep the answer: not while its bytes are still on their way from a remote store.
bool may_be_kept(const http::Response&) noexcept;

}  // namespace granary::api
