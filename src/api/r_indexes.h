#pragma once
/// The indexes of an R repository at a snapshot, as bodies.

#include <string>

#include "api/r_undescribed.h"
#include "base/context.h"
#include "view/views.h"

namespace granary::api {

enum class RIndex : std::uint8_t { packages, packages_rds, archive_rds, current_rds, folder };

/// Current is, of the files of a package that were not archived, the one with the highest version in R's
/// order; every other one is Archive. RDS comes gzipped: R reads Meta/ through gzcon(), which takes nothing
/// else.
/// `lacking` hears which rows of a mirror of CRAN are not described yet.
Result<std::string> render_r_index(const Context&, view::Views&, const view::Snapshot&, RIndex,
                                   Undescribed& lacking);

}  // namespace granary::api
