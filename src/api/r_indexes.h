#pragma once
/// The indexes of an R repository at a snapshot, as bodies.

#include <string>

#include "base/context.h"
#include "view/views.h"

namespace granary::api {

enum class RIndex : std::uint8_t { packages, packages_rds, archive_rds, current_rds, folder };

/// Current is, of the files of a package that were not archived, the one with the highest version in R's
/// order; every other one is Archive. RDS comes gzipped: R reads Meta/ through gzcon(), which takes nothing
/// else.
Result<std::string> render_r_index(const Context&, view::Views&, const view::Snapshot&, RIndex);

}  // namespace granary::api
