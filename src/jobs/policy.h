#pragma once
/// What to do with a job that failed. Pure.

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "jobs/job.h"

namespace granary::jobs {

struct RetryDelays {
  std::chrono::milliseconds first{std::chrono::seconds(30)};
  std::chrono::milliseconds longest{std::chrono::hours(1)};
};

/// Doubles with every attempt from the first on; `chance` in [0, 1) takes away up to half, so that jobs that
/// failed together do not come back together.
std::chrono::milliseconds retry_delay(const RetryDelays& delays, std::int64_t attempt,
                                      double chance) noexcept;

/// Of a job that needs what is away, since when it has waited: an eighth of that, within half a minute and
/// five, less up to half by chance. It does not count attempts, since none was made.
std::chrono::milliseconds away_delay(const RetryDelays& delays, std::chrono::milliseconds since,
                                     double chance) noexcept;

/// The error of a job that waits because its node died; another node takes it at once.
inline constexpr std::string_view kNodeLost = "its node stopped answering";
/// So begins that of a job that a node could not do, while others may be about to take it.
inline constexpr std::string_view kLeftToOthers = "left to another node: ";
/// Its last turn failed, and the next one has to wait.
bool waits_to_retry(const Job& job) noexcept;

/// Trying again cannot help: the arguments are wrong, or what they name is not there.
bool is_permanent(Errc code) noexcept;

inline constexpr std::size_t kLongestArguments = 64 * 1024;
/// Errc::invalid_argument unless `spec` may enter the queue.
Result<> check(const JobSpec& spec);

}  // namespace granary::jobs
