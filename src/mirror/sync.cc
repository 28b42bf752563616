#include "mirror/sync.h"

#include "base/time_text.h"
#include "mirror/crawl_job.h"
#include "mirror/describe_job.h"
#include "mirror/fetch_job.h"
#include "mirror/names.h"
#include "mirror/notes.h"
#include "mirror/r_source.h"

namespace granary::mirror {
namespace {

/// By what the upstream is.
Result<Synced> sync_by_type(const Parts& parts, const Context& ctx, const model::Source& source,
                            const Progress& progress) {
  switch (source.type) {
    case model::SourceType::pypi:
      return sync_names(parts, ctx, source, progress);
    case model::SourceType::cran:
    case model::SourceType::bioconductor:
      return sync_r_source(parts, ctx, source, progress);
    case model::SourceType::local:
    case model::SourceType::local_python:
    case model::SourceType::cran_snapshot:
    case model::SourceType::git:
    case model::SourceType::git_python:
      break;
  }
  return fail(Errc::unsupported,
              "sources of type " + std::string(name_of(source.type)) + " cannot be synchronised");
}

}  // namespace

Result<Synced> sync(const Parts& parts, const Context& ctx, model::SourceId id, const Progress& progress) {
  const auto source = TRY(mirror_source(parts, ctx, id));
  if (is_offline(source))
    return fail(Errc::unsupported, "the source '" + source.name + "' is offline: it has no upstream",
                "bring it up to date with: granary import");
  const auto begun = Context::Clock::now();
  auto synced = sync_by_type(parts, ctx, source, progress);
  if (!synced) {
    note_problem(parts, id, kSyncProblem, synced.error());
    return synced;
  }
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    TRY(view.mirroring().set_state(id, kSyncedAt, rfc3339(parts.clock->now())));
    return view.mirroring().set_state(id, kSyncProblem, "");
  }));
  if (!synced->problem.empty())
    note_problem(parts, id, kSyncProblem, Error(Errc::corrupt, synced->problem, "", __FILE__, __LINE__));
  if (const auto left = describe_what_is_left(parts, ctx, id); !left)
    parts.log.failed("failed to order the reading of old versions", left.error());
  if (const auto crawl = crawl_if_wanted(parts, ctx, source); !crawl)
    parts.log.failed("failed to order the fetching of all pages", crawl.error());
  if (const auto fetch = fetch_if_wanted(parts, ctx, source); !fetch)
    parts.log.failed("failed to order the fetching of files", fetch.error());
  const std::chrono::duration<double> took = Context::Clock::now() - begun;
  if (parts.metrics != nullptr)
    parts.metrics
        ->histogram("granary_sync_duration_seconds", "Synchronisations that went well, by how long they took",
                    {0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800}, {{"source", source.name}})
        .observe(took.count());
  return synced;
}

}  // namespace granary::mirror
