#pragma once
/// What every part of a mirror works with. The parts are free functions and small classes, one noun per file;
/// the facade (mirrors.h) is the only one that others see.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "catalog/catalog.h"
#include "jobs/queue.h"
#include "jobs/schedules.h"
#include "mirror/clients.h"
#include "mirror/fetch_order.h"

namespace granary::mirror {

/// [CRAN], [PyPI] and [Bioconductor] SyncSchedule: see mirror/sync_schedule.h.
struct SyncSchedules {
  std::string cran = "auto", pypi = "auto", bioconductor = "auto";
};

struct Parts {
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<blob::BlobStore> blobs;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<Clients> clients;
  std::shared_ptr<jobs::Queue> queue{};          // null: nothing is done in the background
  std::shared_ptr<jobs::Schedules> schedules{};  // null: nothing by the clock
  SyncSchedules sync_schedules{};
  bool describe = true;   // [CRAN] ReadOldVersions: by a job, and not only what requests need
  bool crawl = false;     // [PyPI] Crawl: the pages of all projects are fetched after each synchronisation
  FetchSettings fetch{};  // what is fetched after each synchronisation
  Metrics* metrics = nullptr;  // outlives the mirrors
  Logger log;
  std::string spool;  // folder with room for files that are on their way
  /// What is stored takes no room on this node for good: where its disk is full, another node can go on.
  bool stores_elsewhere = false;
  /// How long a project page is shown without asking upstream again: [PyPI] Staleness.
  std::chrono::milliseconds staleness{std::chrono::minutes(10)};
};

/// How far a long piece of work is: one line that says what, then a share of it. Called now and then; must be
/// quick.
struct Step {
  std::string doing;
  std::uint64_t done = 0, total = 0;  // total 0: not known
};
using Progress = std::function<void(const Step&)>;

/// What a synchronisation found.
struct Synced {
  model::TxNo transaction;     // 0: nothing had changed
  std::uint64_t packages = 0;  // changed, of all kinds
  std::uint64_t removed = 0;   // of these: gone upstream
  std::uint64_t skipped = 0;   // records of upstream's that could not be read
  std::string problem;         // what is wrong with those, the first of them
};

/// The upstream URL of a source that has none and asks nobody: what is in it came by import
/// (mirror/import.h).
inline constexpr std::string_view kOffline = "offline:";
inline bool is_offline(const model::Source& source) noexcept { return source.upstream.url == kOffline; }

/// Errc::not_found when the source was deleted, invalid_argument when it has no upstream.
Result<model::Source> mirror_source(const Parts&, const Context&, model::SourceId);

}  // namespace granary::mirror
