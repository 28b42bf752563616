#pragma once
/// Which files of an R package are current and which are Archive.

#include <optional>
#include <vector>

#include "model/types.h"

namespace granary::api {

struct RPackage {
  std::optional<model::FileRecord> current;
  std::vector<model::FileRecord> in_folders;  // current too, for other versions of R: rows with a Path
  std::vector<model::FileRecord> archive;     // oldest version first
};

/// Current is the file with the highest version in R's order of those that were not archived; of two files of
/// one version, the one uploaded later.
RPackage tell_apart(std::vector<model::FileRecord> files);

}  // namespace granary::api
