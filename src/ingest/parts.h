#pragma once
/// What every use case works with.

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "blob/blob_store.h"
#include "catalog/catalog.h"

namespace granary::ingest {

struct Parts {
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<blob::BlobStore> blobs;
  std::shared_ptr<const Clock> clock;
  std::chrono::milliseconds removal_patience;
  std::function<bool()> older_nodes_work;  // see make_ingest()
};

/// The state that only the next transaction can change.
inline constexpr model::TxNo kNow{INT64_MAX - 1};

}  // namespace granary::ingest
