#pragma once
/// Which files `add` sends.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace granary::cli {

struct UploadFile {
  std::string path, name;
  std::uint64_t size = 0;
};

/// Each of `paths` is a file, sent whatever its name is, or a folder, of which every file is sent that is
/// named like a package (.tar.gz, .whl, .zip), folders within it too. In order of their paths, each once.
Result<std::vector<UploadFile>> files_to_upload(const std::vector<std::string>& paths);

/// The paths that a list names, one per line; blank lines and those that begin with '#' are left out.
std::vector<std::string> paths_in(const std::string& list);

}  // namespace granary::cli
