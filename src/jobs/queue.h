#pragma once
/// Work that outlives a request, kept in the database: any node may run any job, and a node that dies loses
/// its lease to another. Passes jobs/testing/queue_suite.h on every database.
///
/// Times are those of the clock that it is given: all nodes' must agree to within a part of a lease
/// (cluster::SharedClock).

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "db/database.h"
#include "jobs/job.h"
#include "jobs/policy.h"

namespace granary::jobs {

/// Which jobs to list, the newest first.
struct Filter {
  std::string kind{};            // empty: every
  std::optional<State> state{};  // absent: every
  std::int64_t source = 0;       // 0: every
  std::int64_t before = 0;       // only ids below: the next page; 0: from the newest on
  std::int64_t limit = 100;
};

struct Count {
  std::string kind;
  State state;
  std::int64_t jobs = 0;
};

/// What the holder of a lease tells while it works.
struct Report {
  std::optional<Progress> progress{};
  std::vector<LogLine> lines{};  // numbers are given by the queue
  std::optional<std::string> result{};
};

enum class Ending : std::uint8_t {
  done,       // as `outcome` says: succeeded, or tried again until the attempts are used up, or failed
  cancelled,  // stopped because somebody asked for it
  returned,   // unfinished through no fault of its own: waits again, and the attempt does not count
  away,       // failed because the own store did not answer: as returned, and only after a while
  unable,     // this node lacks what it needs: as returned, for another node, with the error
};

/// Jobs of a kind that are about a source.
struct KindOfSource {
  std::string kind{};
  std::int64_t source = 0;
  auto operator<=>(const KindOfSource&) const = default;
};

/// The lines that are kept with a job: the newest.
inline constexpr std::int64_t kKeptLogLines = 1000;
inline constexpr std::size_t kLongestLogLine = 2000;
inline constexpr std::size_t kLongestResult = 64 * 1024;

/// Submits within a transaction of the caller: the job is there exactly when the rest is.
Result<std::int64_t> submit(db::WriteSession&, const JobSpec&, Time now);

/// Safe for concurrent use.
class Queue {
 public:
  virtual ~Queue() = default;

  /// The new job's id, or that of the one with the same kind and key that waits or runs already.
  virtual Result<std::int64_t> submit(const Context&, const JobSpec&) = 0;

  /// The most urgent job that is due and of one of `kinds`, for `ttl`. Jobs whose lease has run out wait
  /// again first (or have failed, once their attempts are used up). Nothing to do costs one read and no
  /// write. None of `except`.
  virtual Result<std::optional<Job>> lease(const Context&, std::string_view worker,
                                           std::span<const std::string> kinds, std::chrono::milliseconds ttl,
                                           std::span<const KindOfSource> except) = 0;
  Result<std::optional<Job>> lease(const Context& ctx, std::string_view worker,
                                   std::span<const std::string> kinds, std::chrono::milliseconds ttl) {
    return lease(ctx, worker, kinds, ttl, {});
  }

  /// Keeps the lease for another `ttl` and stores the report. True when the job shall stop: it was cancelled.
  /// Errc::conflict: the lease is lost; stop working.
  virtual Result<bool> renew(const Context&, const Lease&, std::chrono::milliseconds ttl, const Report&) = 0;

  /// The end of the turn. Errc::conflict: the lease was lost, and nothing changed.
  virtual Result<State> finish(const Context&, const Lease&, Ending, const Result<>& outcome,
                               const Report&) = 0;

  /// A waiting job at once; one that runs is told at its next renewal. The state that it has then.
  /// Errc::not_found; Errc::conflict when it is over already.
  virtual Result<State> cancel(const Context&, std::int64_t id) = 0;

  /// Removes jobs that ended before `before`, a bounded number per call. How many it were.
  virtual Result<std::int64_t> prune(const Context&, Time before) = 0;

  virtual Result<std::vector<Job>> list(const Context&, const Filter&) = 0;
  /// Errc::not_found.
  virtual Result<Job> get(const Context&, std::int64_t id) = 0;
  /// Lines with numbers above `after`, in order. Empty for a job that there is not.
  virtual Result<std::vector<LogLine>> log(const Context&, std::int64_t id, std::int64_t after,
                                           std::int64_t limit) = 0;
  virtual Result<std::vector<Count>> counts(const Context&) = 0;
};

std::unique_ptr<Queue> make_queue(std::shared_ptr<db::Database>, std::shared_ptr<const Clock>,
                                  RetryDelays delays = {});

std::span<const db::Migration> migrations();

}  // namespace granary::jobs
