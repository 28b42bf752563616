#pragma once

#include "cli/session.h"

namespace granary::cli {

Result<int> fetch_ahead(Session& session);

}  // namespace granary::cli
