#pragma once
/// What the indexes of one tree of R packages say upstream, as far as it is new.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "mirror/r_tree_state.h"
#include "r/cran_files.h"
#include "upstream/client.h"

namespace granary::mirror {

struct RIndexes {
  /// Absent: not newer than what was read before or, for all but PACKAGES, not there.
  std::optional<std::vector<r::ListedPackage>> listed;                        // PACKAGES
  std::optional<std::vector<r::DatedFile>> current, archive;                  // Meta
  std::optional<std::map<std::string, std::vector<r::Withdrawal>>> absences;  // PACKAGES.in
  std::optional<std::string> titles;  // lines, see r/titles.h; no part of what is published
  RTreeState state;                   // to be kept once all of this is
  r::Skipped skipped;
  std::string problem;  // of an index that was done without
  bool unchanged() const noexcept { return !listed && !current && !archive && !absences; }
};

/// `dated`: a tree as CRAN's, with Meta/*.rds and PACKAGES.in; what of these is not there or cannot be read
/// is done without. With the titles of a tree of sources, if upstream has them. Errors: not_found when
/// the tree has no PACKAGES, corrupt when that is none, unavailable when upstream cannot be asked.
Result<RIndexes> read_r_indexes(const Context&, upstream::Client&, const std::string& tree, bool dated,
                                const RTreeState& known);

}  // namespace granary::mirror
