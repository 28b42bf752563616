#pragma once
/// What every use case works with, and how sources and repositories are looked up.

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

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

/// By name or id; Errc::not_found otherwise.
Result<model::Source> get_source(catalog::ReadView&, std::string_view name_or_id);
Result<model::Repository> get_repository(catalog::ReadView&, std::string_view name_or_id);

}  // namespace granary::ingest
