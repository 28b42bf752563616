#pragma once
/// Makes packages of a checked out tree: R CMD build, or an sdist and a wheel by the module `build`.

#include <string>
#include <vector>

#include "base/context.h"
#include "build/builder.h"
#include "build/sandbox.h"
#include "build/toolchain.h"
#include "build/work_folder.h"

namespace granary::build {

struct Product {
  std::string filename;
  std::string path;
  Digest digest;
};

/// The folder of the package. Errc::invalid_argument when the sub-directory is not there, or a link leads out
/// of the tree, or no package is in it.
Result<std::string> package_folder(const WorkFolder&, const Builder&, model::Ecosystem);

/// Bytes that are in the work folder until it goes; wheels first, so that no installer sees an sdist alone. A
/// wheel that cannot be built is left out with a warning in the log. Errc::corrupt with the tool's words when
/// it fails, too_large, deadline_exceeded; unsupported (no tool) and unavailable (the index, or room on the
/// disk) are no failures of the package.
Result<std::vector<Product>> build_package(const Context&, const Sandbox&, const WorkFolder&,
                                           const ToolSettings&, const std::string& folder, model::Ecosystem,
                                           std::int64_t commit_time);

}  // namespace granary::build
