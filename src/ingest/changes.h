#pragma once
/// Changes to files that are there: each ends intervals and perhaps begins new ones of the same bytes, in one
/// transaction. Blobs stay, for older snapshots.

#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

struct By {
  std::string_view actor, comment;
};

Result<Changed> remove_files(Parts&, const Context&, std::string_view source, const Selector&, bool dry_run,
                             By);
Result<Changed> archive_package(Parts&, const Context&, std::string_view source, std::string_view package,
                                By);
/// `reason` absent: unyank.
Result<Changed> yank_files(Parts&, const Context&, std::string_view source, const Selector&,
                           const std::optional<std::string>& reason, By);

}  // namespace granary::ingest
