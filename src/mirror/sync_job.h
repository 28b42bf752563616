#pragma once
/// Synchronising a source as a job: one per source in the cluster, at any node.

#include <memory>

#include "jobs/handler.h"
#include "mirror/mirrors.h"

namespace granary::mirror {

/// Tried again for about a day with growing pauses: an upstream that is away comes back. A schedule, or
/// somebody who asks, makes the next attempt at once.
jobs::JobSpec sync_job(model::SourceId source);

/// Its result: {transaction, packages, removed, skipped, problem} of mirror::Synced. `mirrors` must outlive
/// it.
std::unique_ptr<jobs::Handler> make_sync_handler(Mirrors& mirrors);

}  // namespace granary::mirror
