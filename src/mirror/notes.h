#pragma once
/// What a mirror says about itself in `info`: notes in its state, read by everybody, changed here.

#include <string_view>

#include "mirror/parts.h"

namespace granary::mirror {

// Keys of state; each problem has its time in front: "2024-05-01T12:00:00Z what went wrong".
inline constexpr std::string_view kSyncProblem = "sync.problem";  // empty: the last one went well
inline constexpr std::string_view kFileProblem =
    "file.problem";  // of the last file that could not be fetched
inline constexpr std::string_view kPageProblem =
    "page.problem";  // of the last project or tree that was asked for and could not be read, or not whole
inline constexpr std::string_view kSyncedAt = "sync.at";  // when the last one went well (RFC 3339)

inline constexpr std::string_view kLastFetch = "fetch.last";  // of the last fetch job, with its time in front

/// Logs it, counts granary_mirror_problems_total{source,what} and keeps it for info; also when the time of
/// the work itself is up. Not for Errc::cancelled: nothing is wrong then.
void note_problem(const Parts&, model::SourceId, std::string_view key, const Error&);

/// What clients hear of what upstream did wrong: not that they did (Errc::corrupt, too_large, ...).
Error for_clients(const Error&);

}  // namespace granary::mirror
