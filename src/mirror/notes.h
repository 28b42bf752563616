#pragma once
/// What a mirror says about itself in `info`: notes in its state, read by everybody, changed here.

#include <string_view>

#include "mirror/parts.h"

namespace granary::mirror {

// Keys of state; each problem has its time in front: "2024-05-01T12:00:00Z what went wrong".
inline constexpr std::string_view kSyncProblem = "sync.problem";  // empty: the last one went well
inline constexpr std::string_view kFileProblem =
    "file.problem";                                       // of the last file that could not be fetched
inline constexpr std::string_view kSyncedAt = "sync.at";  // when the last one went well (RFC 3339)

/// Counts granary_mirror_problems_total{source,what} and keeps the error for info. A failure to do so is
/// logged.
void note_problem(const Parts&, const Context&, model::SourceId, std::string_view key, const Error&);

}  // namespace granary::mirror
