#pragma once
/// Checking that the catalog and the blob store agree: see Ingest::verify.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

/// `progress` counts bytes. Memory: 40 bytes per blob, and the problems, of which the first 10,000 are kept.
/// Safe while others publish and collect.
Result<Verified> verify_all(Parts&, const Context&, const OnProgress& progress);

}  // namespace granary::ingest
