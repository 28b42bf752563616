#pragma once
/// Mirrors of CRAN, Bioconductor and PyPI: what is known of them is synchronised, their files are fetched
/// when somebody asks. See docs/adr/0007-mirrors.md.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "catalog/on_demand.h"
#include "jobs/handler.h"
#include "jobs/job.h"
#include "mirror/default_repository.h"
#include "mirror/evict.h"
#include "mirror/fetch_job.h"
#include "mirror/import.h"
#include "mirror/parts.h"
#include "mirror/sources.h"
#include "model/types.h"

namespace granary::mirror {

/// A file of a mirror, whole or on its way.
struct Opened {
  blob::Servable body;
  /// Of the whole file, where it is known yet: by upstream's word or because the file is there.
  std::optional<Digest> digest;
};

struct HeldBytes {
  Digest digest;
  std::uint64_t size = 0;
};

/// A mirror as its keepers see it.
struct MirrorInfo {
  std::string url;           // in use; empty: it cannot be found out, see problem
  std::string synced_at;     // when a synchronisation last went well (RFC 3339); empty: never
  std::string problem;       // of the last synchronisation, with its time; empty: none
  std::string file_problem;  // the last file that could not be had, with its time
  std::string
      page_problem;        // the last project or tree of packages that could not be had when it was asked for
  std::string last_fetch;  // what the last fetch job did, with its time; empty: there was none
  std::uint64_t held_files = 0, held_bytes = 0;
  std::uint64_t undescribed = 0;  // old versions of CRAN whose DESCRIPTION was not read yet
  std::optional<Time> next_sync;  // by the schedule; absent: by none
  std::vector<jobs::Job> jobs;    // those of the source that wait or run, the newest first
};

/// Safe for concurrent use.
class Mirrors : public catalog::OnDemand {
 public:
  /// Brings what is known of the upstream up to date; resumes where an earlier one ended. What went wrong is
  /// kept for info() too. Errc::conflict while this node synchronises the source already.
  virtual Result<Synced> sync(const Context&, model::SourceId, const Progress&) = 0;

  /// The bytes of a record with an origin: what is held, else what upstream has, at once as it arrives. Many
  /// who ask for one file cause one request. The last bytes are shown only after the hash was found right;
  /// wrong bytes end as an error or a body that breaks off, and are not kept. Errors: not_found when upstream
  /// has no such file (any more), unavailable when it cannot be asked or sends something else.
  virtual Result<Opened> open_file(const Context&, const model::FileRecord&) = 0;

  /// Where the bytes of a record with an origin lie in the blob store, when they were fetched before; counts
  /// as a use of them.
  virtual Result<std::optional<HeldBytes>> held_bytes(const Context&, const model::FileRecord&) = 0;

  /// See mirror/sources.h and mirror/evict.h.
  /// A mirror that was made, or that follows another upstream now, is synchronised by itself.
  virtual Result<model::Source> create(const Context&, const NewSource&) = 0;
  virtual Result<model::Source> change(const Context&, std::string_view source, const UpstreamChange&) = 0;
  virtual Result<Evicted> evict(const Context&, model::SourceId, const Eviction&) = 0;
  /// Forgets everything that is known of the upstream; the next synchronisation begins anew. Held files stay.
  virtual Result<> clear(const Context&, model::SourceId) = 0;
  /// What db::Database::on_change says: what is remembered of a source that any node cleared is forgotten.
  virtual void heard(std::span<const std::int64_t> topics) = 0;
  /// See mirror/crawl_job.h. This must outlive the handler.
  virtual Result<> want_crawl(const Context&, model::SourceId) = 0;
  virtual std::unique_ptr<jobs::Handler> crawl_handler() = 0;
  /// See mirror/default_repository.h.
  virtual Result<bool> make_default(const Context&, const DefaultRepository&) = 0;
  /// See plan_syncs() in mirror/sync_schedule.h.
  virtual Result<> plan_syncs(const Context&) = 0;
  /// See mirror/sync_job.h. This must outlive it.
  virtual std::unique_ptr<jobs::Handler> sync_handler() = 0;
  /// Reads what old versions of CRAN needed: see mirror/describe_job.h. This must outlive it.
  virtual std::unique_ptr<jobs::Handler> describe_handler() = 0;
  /// See mirror/fetch_job.h: of chosen packages, and of all. This must outlive them.
  virtual std::vector<std::unique_ptr<jobs::Handler>> fetch_handlers(const ChooseFiles& choose) = 0;
  /// See mirror/import.h.
  virtual Result<> hold_imported(const Context&, const model::Source&, const catalog::HeldFile&,
                                 std::int64_t stored_after) = 0;
  virtual Result<Imported> import_records(const Context&,
                                          const std::function<Result<>(const EachImported&)>& read) = 0;
  virtual Result<MirrorInfo> info(const Context&, model::SourceId) = 0;
};

std::unique_ptr<Mirrors> make_mirrors(Parts parts);

}  // namespace granary::mirror
