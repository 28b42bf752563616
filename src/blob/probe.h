#pragma once
/// Whether a store works: what every store's probe() does.

#include "blob/blob_store.h"

namespace granary::blob {

/// Writes, reads back and removes a small object that nobody else writes.
Result<> probe_by_use(const Context& ctx, BlobStore& store);

}  // namespace granary::blob
