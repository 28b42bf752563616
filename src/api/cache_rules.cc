#include "api/cache_rules.h"

#include "api/blob_answer.h"

namespace granary::api {

std::string cache_control(const view::Snapshot& snapshot, Changes changes) {
  std::string out = snapshot.repository->authenticated ? "private" : "public";
  switch (changes) {
    case Changes::with_uploads:
      return out + ", max-age=60";
    case Changes::rarely:
      return out + ", max-age=86400";
    case Changes::never:
      return out + ", max-age=31536000, immutable";
  }
  return out;
}

void set_cache_rules(http::Response& response, const view::Snapshot& snapshot, bool file) {
  const auto changes = !snapshot.settled ? Changes::with_uploads : file ? Changes::never : Changes::rarely;
  response.with("Cache-Control", cache_control(snapshot, changes));
  // Never what needs a token: event loops ask no gate, so a token that has expired or was revoked would go
  // on.
  if (!snapshot.repository->authenticated && may_be_kept(response)) response.hot = {snapshot.fresh, true};
}

}  // namespace granary::api
