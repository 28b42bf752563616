#pragma once
/// From settings and environment to an open database and an open blob store.

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "blob/derived.h"
#include "config/settings.h"
#include "db/database.h"

namespace granary::app {

/// What the stores of a node are given by it; of a tool of the command line, nothing.
struct StoreLinks {
  Metrics* metrics = nullptr;              // outlives the stores
  std::function<bool()> older_nodes_read;  // see blob::S3Options
};

Result<std::unique_ptr<db::Database>> open_database(const config::Settings&, const Logger&);
Result<std::unique_ptr<blob::BlobStore>> open_blobs(const config::Settings&, const config::Environment&,
                                                    const Logger&, const StoreLinks& = {});

/// What is kept beside the blobs.
Result<std::shared_ptr<blob::Derived>> open_derived(const config::Settings&, const config::Environment&,
                                                    const StoreLinks& = {});

/// For check-config: opens, asks one thing, closes. Changes nothing that stays.
Result<std::string> probe_database(const config::Settings&);
Result<std::string> probe_blobs(const config::Settings&, const config::Environment&);

}  // namespace granary::app
