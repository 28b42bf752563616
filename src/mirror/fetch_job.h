#pragma once
/// Fetching files of mirrors before somebody asks for them, as a job.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/handler.h"
#include "mirror/fetch_order.h"
#include "mirror/parts.h"

namespace granary::mirror {

/// Of chosen packages: `fetch`. Of all of a source, which takes hours: `fetch-all`, so that it keeps nobody
/// waiting who wants a few.
inline constexpr std::string_view kFetch = "fetch", kFetchAll = "fetch-all";

/// The same order while one waits or runs is that one. `source`: the first. `by_hand`: before what orders
/// itself.
jobs::JobSpec fetch_job(const FetchOrder& order, model::SourceId source, bool by_hand);

/// After a synchronisation: submits the job if Parts::fetch says so.
Result<> fetch_if_wanted(const Parts&, const Context&, const model::Source&);

/// What was chosen, but cannot be fetched: not in any of the sources; or nobody says what it needs.
struct Unmet {
  std::vector<std::string> missing, unread;
};
using EachPackage = std::function<Result<>(const std::vector<model::FileRecord>&)>;
/// Calls `each` with the files of one package after another. Made by the read side (api/package_choice.h).
using ChooseFiles = std::function<Result<Unmet>(const Context&, const FetchOrder&, const EachPackage& each)>;
/// See Files::keep.
using KeepFile =
    std::function<Result<std::optional<std::uint64_t>>(const Context&, const model::FileRecord&)>;

/// Goes on where it was killed, since what is held is not fetched again. A file that cannot be had is named
/// in the log and in the result and does not stop the rest; a full disk does, and so do many failures in a
/// row: then upstream is away, and it is tried again later. Its result: {packages, files, bytes, fetched,
/// fetched_bytes, held, failed, dryrun, problems, missing, unread}. `parts` must outlive it.
std::unique_ptr<jobs::Handler> make_fetch_handler(const Parts& parts, std::string_view kind,
                                                  ChooseFiles choose, KeepFile keep);

}  // namespace granary::mirror
