#pragma once
/// granary_jobs{kind,state}: how many jobs there are, of the whole cluster.

#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "jobs/queue.h"

namespace granary::jobs {

/// A scrape asks the database at most once in five seconds; while it is away the last counts stay.
void add_gauges(Metrics&, std::shared_ptr<Queue>, std::shared_ptr<const Clock>,
                std::span<const std::string> kinds);

}  // namespace granary::jobs
