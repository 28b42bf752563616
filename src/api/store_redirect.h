#pragma once
/// Files of repositories whose downloads are redirected: the client is sent to the object store.

#include <optional>
#include <string>

#include "base/context.h"
#include "blob/blob_store.h"
#include "http/message.h"
#include "mirror/mirrors.h"
#include "model/types.h"
#include "view/views.h"

namespace granary::api {

/// 302 to a URL that is signed for this file and a few minutes, and that caches keep for less; 200 to HEAD,
/// which the URL is not good for. Absent when a node is to send the file: the repository says so or needs a
/// token, the store cannot be gone to, or an upstream's file is not in it yet. Never for event loops to keep.
/// `mirrors` may be null where there are none. See docs/adr/0020-downloads-by-redirect.md.
Result<std::optional<http::Response>> redirect_to_store(const Context&, const http::Request&,
                                                        const view::Snapshot&, blob::BlobStore&,
                                                        mirror::Mirrors* mirrors, const model::FileRecord&,
                                                        const std::string& content_type);

}  // namespace granary::api
