#pragma once
/// From what was known of a tree and what its indexes say to the records that change. No effects.

#include <optional>
#include <string>
#include <vector>

#include "mirror/r_indexes.h"

namespace granary::mirror {

/// A record that is there: the package and its encoded history.
struct KnownPackage {
  std::string package, bytes;
};

struct RChanges {
  struct Record {
    std::string package, bytes;
  };
  std::vector<Record> records;  // new ones and new states
  std::size_t removed = 0;      // of these: no longer listed
  std::size_t undescribed = 0;  // versions of these without a stanza
  Time affects_from = Time::max();
  r::Skipped skipped;
};

/// `known`: all of the tree, sorted by package; `first`: the tree was never read before. Errc::unavailable
/// when more than half of what was listed is gone: upstream is not well; corrupt for a record that is
/// damaged.
Result<RChanges> merge_r_tree(const std::vector<KnownPackage>& known, RIndexes&& indexes, bool dated,
                              bool first, Time now);

}  // namespace granary::mirror
