#pragma once
/// What `git ls-remote` prints: which commit each branch and tag of a repository stands at. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::build {

/// What the names of tags begin with.
inline constexpr std::string_view kTags = "refs/tags/";

struct RemoteRef {
  std::string name;    // "HEAD", "refs/heads/main", "refs/tags/v1.0"
  std::string commit;  // lower-case hex; of an annotated tag what it points at
  bool operator==(const RemoteRef&) const = default;
};

/// A commit as git writes it in full: 40 hex digits, or 64.
bool is_commit(std::string_view text) noexcept;

/// In the order of the lines. Lines that are none of such are left out: git mixes in what the remote side
/// says. Errc::too_large for more than 100,000 refs.
Result<std::vector<RemoteRef>> parse_remote_refs(const std::vector<std::string>& lines);

}  // namespace granary::build
