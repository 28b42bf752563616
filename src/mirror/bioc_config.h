#pragma once
/// Bioconductor's config.yaml, kept as it was seen day by day.

#include <string>
#include <vector>

#include "mirror/parts.h"

namespace granary::mirror {

struct BiocConfigSynced {
  Synced synced;
  std::vector<std::string> trees;  // the source trees of the release
};

/// Errors: corrupt when it names no release (what was known stays), those of upstream::Client.
Result<BiocConfigSynced> sync_bioc_config(const Parts&, const Context&, const model::Source&);

}  // namespace granary::mirror
