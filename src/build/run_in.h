#pragma once
/// Runs one program of a build: in the sandbox, in a work folder that it must not fill.

#include <string>
#include <vector>

#include "base/context.h"
#include "base/subprocess.h"
#include "build/sandbox.h"
#include "build/work_folder.h"

namespace granary::build {

/// What every program finds: PATH (with `tools`, a folder, first; empty: none), HOME, the locale and the time
/// zone, and a git without questions and without the system's configuration.
std::vector<std::string> environment_in(const WorkFolder&, const std::string& tools = {});

/// The exit status, as run_command() gives it with its errors, until the deadline of the context; too_large
/// also when the work folder takes more than `limits.disk`, unavailable when the disk is full: also of a
/// program that failed for that between two looks.
Result<int> run_in(const Context&, const Sandbox&, const WorkFolder&, const Program&, const Limits&,
                   const EachLine&);

}  // namespace granary::build
