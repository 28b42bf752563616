#pragma once
/// Describing all that is undescribed as a job: one per source in the cluster, at the upstream's pace.

#include <memory>

#include "jobs/handler.h"
#include "mirror/parts.h"

namespace granary::mirror {

/// `priority`: see jobs::JobSpec.
jobs::JobSpec describe_job(model::SourceId source, std::int64_t priority = 0);

/// After a synchronisation: submits the job if one has left versions undescribed (kToDescribe).
Result<> describe_what_is_left(const Parts&, const Context&, model::SourceId);
/// Somebody asked for PACKAGES as of that moment: what it lists goes first.
Result<> want_day(const Parts&, const Context&, model::SourceId, Time until);

/// Resumes where it was killed, since what it learned is in the records. `parts` must outlive it.
std::unique_ptr<jobs::Handler> make_describe_handler(const Parts& parts);

/// Keys of state: versions are undescribed; the moments that were asked for, in microseconds.
inline constexpr std::string_view kToDescribe = "describe.wanted", kDescribeDays = "describe.days";

}  // namespace granary::mirror
