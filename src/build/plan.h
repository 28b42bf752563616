#pragma once
/// What is new in a repository, and so is to be built. Pure.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "build/builders.h"
#include "build/builds.h"
#include "build/remote_refs.h"

namespace granary::build {

/// What a builder knew before.
struct Known {
  std::vector<RemoteRef> tags{};
  /// Whether the last build of a commit went well.
  std::function<Result<bool>(std::string_view commit)> is_built{};
};

/// Of so many tags, the newest by version, new ones are noticed: what a look writes is bounded.
inline constexpr std::size_t kWatchedTags = 1000;

/// What an order comes to: `refs` as Git::refs gives them. Of tags that were there before the builder only
/// the newest is built; later each one that is new or was moved. Errc::not_found for a tag that there is not.
Result<Builds::Plan> plan(const Builder&, const Order&, const std::vector<RemoteRef>& refs, const Known&);

/// What a look found that no build was ordered for.
std::vector<RemoteRef> news(const Builder&, const std::vector<RemoteRef>& refs,
                            const std::vector<RemoteRef>& known_tags);

/// A commit whose builds were given up so often, for what was away, is ordered again so long after the last.
std::chrono::minutes again_after(std::int64_t given_up) noexcept;

}  // namespace granary::build
