#pragma once
/// One tree of R packages of an upstream: "src/contrib", "bin/windows/contrib/4.5", ...

#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

enum class Reason : std::uint8_t {
  schedule,  // a transaction of the source, if anything changed
  request,   // somebody asked for a tree that was not known: takes a number, makes nothing else stale
};

/// Reads the tree's indexes and writes the records that changed, all or nothing. Nothing is fetched that
/// upstream says is not newer, and nothing written when nothing changed. One at a time per tree. Errors:
/// not_found when upstream has no such tree; those of upstream::Client and the catalog.
Result<Synced> sync_r_tree(const Parts&, const Context&, const model::Source&, const std::string& tree,
                           Reason, const Progress&);

}  // namespace granary::mirror
