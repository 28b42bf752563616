#pragma once
/// What {repo} and {snapshot} of a path name (latest where a route has none), and the answer when there is
/// nothing below.

#include <string>

#include "base/context.h"
#include "http/message.h"
#include "model/types.h"
#include "view/views.h"

namespace granary::api {

/// Errors: not_found, with a hint, for a snapshot that cannot be, an unknown repository, and one of the other
/// language.
Result<view::Snapshot> requested_snapshot(const Context& ctx, view::Views& views,
                                          const http::Request& request, model::Ecosystem expected);

/// Of whatever language.
Result<view::Snapshot> any_requested_snapshot(const Context& ctx, view::Views& views,
                                              const http::Request& request);

/// Lets the event loops answer the same request again while the snapshot's answer holds;
/// never for an authenticated repository.
void keep_hot(http::Response& response, const view::Snapshot& snapshot);

/// A 404 that the event loops may repeat from memory.
http::Response missing(const view::Snapshot& snapshot, std::string message, std::string hint);

}  // namespace granary::api
