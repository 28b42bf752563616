#pragma once
/// The pages of all projects of an index as a job, one per source in the cluster, so that a mirror is
/// complete and not only what somebody asked for.

#include <functional>
#include <memory>
#include <string_view>

#include "jobs/handler.h"
#include "mirror/parts.h"

namespace granary::mirror {

/// Keys of state: a crawl was ordered, and begins after the next synchronisation; the serial up to which
/// every page is known (upstreams without serials: absent, and every page that is not known is asked for).
inline constexpr std::string_view kCrawlWanted = "crawl.wanted", kCrawledUntil = "crawl.serial";

jobs::JobSpec crawl_job(model::SourceId source);

/// The source is to be crawled after its next synchronisation, which the caller submits.
/// Errc::invalid_argument for one that is no index.
Result<> want_crawl(const Parts&, const Context&, model::SourceId);
/// After a synchronisation: submits the job if one was ordered, or if Parts::crawl says so.
Result<> crawl_if_wanted(const Parts&, const Context&, const model::Source&);

/// See Projects::refresh.
using Refresh = std::function<Result<>(const Context&, model::SourceId, std::string_view project)>;
/// Resumes where it was killed, since what it learned is in the records. Its result: {fetched, absent,
/// unreadable}. `parts` must outlive it.
std::unique_ptr<jobs::Handler> make_crawl_handler(const Parts& parts, Refresh refresh);

}  // namespace granary::mirror
