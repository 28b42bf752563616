#pragma once
/// What builds from git stand on, by the settings.

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "build/build_job.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "db/database.h"
#include "ingest/ingest.h"

namespace granary::app {

struct BuildingLinks {
  std::shared_ptr<db::Database> database;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<ingest::Ingest> ingest;
  std::string config_path{};   // of the settings; may be empty
  Metrics* metrics = nullptr;  // outlives what is made
};

Result<build::Parts> make_building(const config::Settings&, const config::Environment&, const BuildingLinks&);

}  // namespace granary::app
