#pragma once
/// The pre-flight of a server: every check with [PASS], [FAIL] or [INFO].

#include "cli/session.h"

namespace granary::cli {

/// 1 when a check fails.
Result<int> check_config(Session&);

}  // namespace granary::cli
