#pragma once
/// renv.lock: the packages of a project of R, each with its version. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::r {

struct RenvLock {
  std::vector<std::string> packages;  // "R6@2.5.1", as renv::install writes it
  std::vector<std::string> skipped;   // of no repository: GitHub, local
  std::string bioconductor;           // "3.18"; empty: none
};

/// Errc::invalid_argument when it is none.
Result<RenvLock> parse_renv_lock(std::string_view text);

/// "R6@2.5.1" in two; without a version the second is empty.
struct PinnedPackage {
  std::string name, version;
};
PinnedPackage parse_pinned(std::string_view text);

}  // namespace granary::r
