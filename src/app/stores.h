#pragma once
/// From settings and environment to an open database and an open blob store. Metrics outlive the stores that
/// count in them.

#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "blob/derived.h"
#include "config/settings.h"
#include "db/database.h"

namespace granary::app {

Result<std::unique_ptr<db::Database>> open_database(const config::Settings&, const Logger&);
Result<std::unique_ptr<blob::BlobStore>> open_blobs(const config::Settings&, const config::Environment&,
                                                    const Logger&, Metrics* = nullptr);

/// What is kept beside the blobs.
Result<std::shared_ptr<blob::Derived>> open_derived(const config::Settings&, const config::Environment&,
                                                    Metrics* = nullptr);

/// For check-config: opens, asks one thing, closes. Changes nothing that stays.
Result<std::string> probe_database(const config::Settings&);
Result<std::string> probe_blobs(const config::Settings&, const config::Environment&);

}  // namespace granary::app
