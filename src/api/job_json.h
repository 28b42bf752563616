#pragma once
/// A job as the API shows it.

#include "base/json.h"
#include "jobs/job.h"

namespace granary::api {

/// Members only, so that a caller may add its own.
void write_members(JsonWriter&, const jobs::Job&);
void write_json(JsonWriter&, const jobs::Job&);
void write_json(JsonWriter&, const jobs::LogLine&);

}  // namespace granary::api
