#pragma once
/// Several files of a fetch job at a time. See fetch_job.h.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mirror/fetch_job.h"

namespace granary::mirror {

/// So far.
struct Fetched {
  std::uint64_t fetched = 0, bytes = 0, held = 0, failed = 0;
  std::vector<std::string> problems;  // of those that failed, the first kMostProblems
  std::uint64_t files() const noexcept { return fetched + held + failed; }
};
inline constexpr std::size_t kMostProblems = 50;

/// A bounded queue and the threads that empty it. add() and finish() are one thread's; `told` is called by
/// any, one at a time.
class FetchCrew {
 public:
  FetchCrew(const Context& ctx, const KeepFile& keep, std::function<void(const Fetched&)> told);
  /// Waits for what has begun.
  ~FetchCrew();
  FetchCrew(const FetchCrew&) = delete;
  FetchCrew& operator=(const FetchCrew&) = delete;

  /// Waits for room. An error when it is over: see finish().
  Result<> add(const model::FileRecord& file);
  /// When all is done. Errors: what stopped it.
  Result<> finish(Fetched& out);

 private:
  void work();
  void note(const model::FileRecord&, const Result<std::optional<std::uint64_t>>&);

  const Context* ctx_;
  const KeepFile* keep_;
  const std::function<void(const Fetched&)> told_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<model::FileRecord> waiting_;
  bool no_more_ = false;
  int failures_ = 0;  // in a row, for reasons that are not the file's own
  std::optional<Error> stopped_;
  Fetched done_;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace granary::mirror
