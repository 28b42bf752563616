#pragma once
/// A request that orders a job, and may wait for it, for callers that want the outcome as the answer.

#include <chrono>

#include "base/context.h"
#include "http/message.h"
#include "jobs/queue.h"

namespace granary::api {

/// The job when it has succeeded. Holds a worker meanwhile, beyond the deadline of the request but not beyond
/// `patience`; a stop of the server ends it. Errors: unavailable with the job's own words when the attempt
/// failed, also when another will follow; cancelled when it was; deadline_exceeded. The job goes on in any
/// case.
Result<jobs::Job> wait_for_turn(const Context&, jobs::Queue&, jobs::Job job,
                                std::chrono::milliseconds patience);

/// Submits, and answers with the job (202): as it is, or with `wait` as it is when it has succeeded.
Result<http::Response> submit_job(const Context&, jobs::Queue&, const jobs::JobSpec&, bool wait = false);

}  // namespace granary::api
