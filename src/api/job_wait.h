#pragma once
/// A request that waits for a job, for callers that want the outcome as the answer.

#include <chrono>

#include "base/context.h"
#include "jobs/queue.h"

namespace granary::api {

/// The job when it has succeeded. Holds a worker meanwhile, beyond the deadline of the request but not beyond
/// `patience`; a stop of the server ends it. Errors: unavailable with the job's own words when the attempt
/// failed, also when another will follow; cancelled when it was; deadline_exceeded. The job goes on in any
/// case.
Result<jobs::Job> wait_for_turn(const Context&, jobs::Queue&, jobs::Job job,
                                std::chrono::milliseconds patience);

}  // namespace granary::api
