#pragma once
/// Binds every group of routes of the server to its use cases.

#include <functional>
#include <memory>
#include <string>

#include "api/job_events.h"
#include "api/r_rendered.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "blob/blob_store.h"
#include "build/build_job.h"
#include "catalog/catalog.h"
#include "cluster/nodes.h"
#include "config/settings.h"
#include "db/read_only.h"
#include "http/route.h"
#include "ingest/ingest.h"
#include "jobs/queue.h"
#include "mirror/mirrors.h"
#include "view/views.h"

namespace granary::app {

struct Parts {
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<blob::BlobStore> blobs;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<auth::Tokens> tokens;
  std::shared_ptr<view::Views> views;
  std::shared_ptr<ingest::Ingest> ingest;
  std::shared_ptr<jobs::Queue> queue;
  std::shared_ptr<api::JobEvents> job_events;
  std::shared_ptr<mirror::Mirrors> mirrors;
  std::shared_ptr<const api::RenderedIndexes> r_indexes;
  std::function<bool()> new_repos_authenticated;  // as it is now: settings may be read again
  std::function<bool()> leaving;                  // /__ping__ is to fail
  std::function<bool()> online;                   // false: /__ping__ is to fail
  std::shared_ptr<cluster::Nodes> nodes;
  std::string node_name;
  std::shared_ptr<db::ReadOnlySwitch> read_only;
  build::Parts build;
};

void bind_routes(http::Router&, const Parts&, const config::Settings&);

}  // namespace granary::app
