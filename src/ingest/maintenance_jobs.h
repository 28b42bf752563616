#pragma once
/// Collecting garbage, erasing and verifying every byte as jobs, so that they run by a schedule, once in the
/// cluster.

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "ingest/ingest.h"
#include "jobs/handler.h"

namespace granary::ingest {

struct Collecting {
  bool dry_run = false;
  std::optional<std::chrono::seconds> grace{};  // absent: the setting of the node that does it
};

/// Of a schedule; one at a time in the cluster. Result: {dryrun, blobs, bytes, young, kept, kept_bytes} as in
/// Collected.
jobs::JobSpec collect_job();
/// The same as somebody wants it; one at a time of those that are asked for alike. A kind of its own, which
/// nodes of versions before it, who would not heed `how`, leave to others.
jobs::JobSpec gc_job(const Collecting& how = {});
/// What deleted sources left; one at a time in the cluster. collect_job() and gc_job() do it too.
jobs::JobSpec erase_job();
/// One at a time in the cluster. Fails when anything is wrong. Result, of a failed one too: {files, blobs,
/// bytes, problem_count, problems: [{what, source, filename, sha256}]}, of which the first are named.
jobs::JobSpec verify_job();

/// `grace` as for Ingest::collect.
std::vector<std::unique_ptr<jobs::Handler>> maintenance_handlers(std::shared_ptr<Ingest>,
                                                                 std::chrono::seconds grace);

}  // namespace granary::ingest
