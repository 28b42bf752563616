#pragma once
/// The file that stands for a package in a list.

#include <vector>

#include "model/types.h"

namespace granary::view {

/// That of the newest version: of R one that is not archived, of Python one that is neither yanked nor a
/// prerelease, when there is one. `files` has at least one.
const model::FileRecord& newest_file(model::Ecosystem, const std::vector<model::FileRecord>& files);

}  // namespace granary::view
