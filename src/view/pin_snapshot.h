#pragma once
/// `url create`: gives a name to one state of each source of a repository.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::view {

struct PinWish {
  std::string repository;                      // name or id
  std::optional<std::chrono::sys_days> day{};  // of the sources that are not named; absent: today
  /// Source (name or id) and its snapshot: a day, a number or latest.
  std::vector<std::pair<std::string, model::SnapshotRef>> sources{};
  bool locked = false;  // later knowledge about upstream's past does not move it
  bool alias = true;    // a short identifier, kept in the database; else a long one that spells the pins out
};

struct PinnedSnapshot {
  std::string repository;  // its name
  std::string snapshot;    // "2024-05-01+0a1b2c3d4e5f": the segment of the URL
};

/// The same wish again gives the same identifier while its sources are as they were. Errors: not_found,
/// invalid_argument (a source that the repository does not subscribe to).
Result<PinnedSnapshot> pin_snapshot(const Context&, catalog::Catalog&, const PinWish&, Time now);

}  // namespace granary::view
