#pragma once
/// Removing bytes that nothing names any more: see Ingest::collect.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

/// A blob goes when no interval names it and it was stored longer ago than `grace`; both are looked at again
/// just before. No grace is needed for safety (catalog/removals.h): it spares uploads that are on their way
/// from storing their bytes twice. Memory grows with what is to be removed, not with
/// what is kept.
Result<Collected> collect_blobs(Parts&, const Context&, bool dry_run, std::chrono::seconds grace,
                                const OnProgress&);

}  // namespace granary::ingest
