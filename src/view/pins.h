#pragma once
/// From what a URL says to one pin per source of the repository. Reads one state of the catalog.

#include <optional>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::view {

struct Resolved {
  std::vector<model::Pin> pins;  // sources with nothing are left out
  /// No later transaction can change what the pins show, but for what is learned about upstream's past.
  bool settled = false;
};

/// The first moment after the day, UTC.
Time end_of(std::chrono::sys_days day) noexcept;

/// The snapshot is of a time that is over: a number, or a day that has ended by every clock.
bool is_over(const model::SnapshotRef&, Time now) noexcept;

/// `now`: a day that is not over, or that a mirror was not synchronised after, is not settled.
/// Errc::not_found for a number that is not reached yet and for a pinned snapshot that nobody made.
Result<Resolved> resolve_pins(catalog::ReadView&, const model::Repository&, const model::SnapshotRef&,
                              Time now);

}  // namespace granary::view
