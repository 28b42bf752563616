#pragma once

#include "cli/session.h"

namespace granary::cli {

Result<int> export_bundle(Session& session);
Result<int> import_bundle(Session& session);

}  // namespace granary::cli
