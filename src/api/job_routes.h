#pragma once
/// Jobs over HTTP: lists, one with its log, live progress, submitting, cancelling. For keepers alone.

#include <memory>
#include <vector>

#include "api/job_events.h"
#include "catalog/catalog.h"
#include "http/route.h"
#include "jobs/queue.h"

namespace granary::api {

struct JobDeps {
  std::shared_ptr<jobs::Queue> queue;
  std::shared_ptr<JobEvents> events;
  std::shared_ptr<catalog::Catalog> catalog;
  std::vector<jobs::JobSpec> submittable;  // what POST takes, by kind
};

void bind_jobs(http::Router&, const JobDeps&);

}  // namespace granary::api
