#pragma once
/// What caches on the way may keep, and what our own event loops may.

#include <string>

#include "http/message.h"
#include "view/views.h"

namespace granary::api {

/// How an answer may change while its URL stays.
enum class Changes : std::uint8_t {
  with_uploads,  // indexes and files at latest, today, and numbers to come
  never,         // a file at a settled snapshot
  rarely,        // an index at a settled snapshot: only when subscriptions do
};

/// "public, max-age=60" and so on; `private` when the repository is authenticated.
std::string cache_control(const view::Snapshot&, Changes);

/// Sets Cache-Control and, where the body allows it, Response::hot. `file`: a package file, not an index,
/// whose bytes cannot become others.
void set_cache_rules(http::Response&, const view::Snapshot&, bool file);

}  // namespace granary::api
