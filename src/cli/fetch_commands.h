#pragma once
/// granary fetch: files of mirrors before somebody asks for them. Errc::not_found when something of it cannot
/// be had; the rest is held then.

#include "cli/session.h"

namespace granary::cli {

Result<int> fetch_ahead(Session& session);

}  // namespace granary::cli
