#pragma once
/// Collecting garbage and verifying every byte as jobs, so that they run by a schedule, once in the cluster.

#include <chrono>
#include <memory>
#include <vector>

#include "ingest/ingest.h"
#include "jobs/handler.h"

namespace granary::ingest {

/// One at a time in the cluster. A verification has two attempts: its node may die, and damage is worth a
/// second look.
jobs::JobSpec collect_job();
jobs::JobSpec verify_job();

/// `grace` as for Ingest::collect.
std::vector<std::unique_ptr<jobs::Handler>> maintenance_handlers(std::shared_ptr<Ingest>,
                                                                 std::chrono::seconds grace);

}  // namespace granary::ingest
