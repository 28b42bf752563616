#pragma once
/// granary export and granary import: packages with all that they need in one file, for a server without an
/// upstream (docs/adr/0021-bundles.md). An export that does not end leaves no bundle; an import may be done
/// again. Errc::corrupt for a damaged bundle.

#include "cli/session.h"

namespace granary::cli {

Result<int> export_bundle(Session& session);
Result<int> import_bundle(Session& session);

}  // namespace granary::cli
