#pragma once
/// What a lockfile of Python says is to be installed: poetry.lock, uv.lock, pylock.toml (PEP 751) and
/// Pipfile.lock. Pure. All are written by programs: of TOML no more is read than what these write.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::python {

struct LockFile {
  std::vector<std::string> requirements;  // "six==1.16.0", with a marker where the lockfile has one
  std::vector<std::string> skipped;       // what comes from no index: folders, git, URLs
};

/// Errc::invalid_argument when it is none of these, or names no package.
Result<LockFile> parse_lock_file(std::string_view text);

}  // namespace granary::python
