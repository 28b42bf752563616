#pragma once
/// `add`: sends packages to a source, one after the other, and goes on when one is refused.

#include "cli/session.h"

namespace granary::cli {

/// 1 when a file was refused.
Result<int> add_packages(Session&);

}  // namespace granary::cli
