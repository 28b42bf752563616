#pragma once
/// Asks another program something. The only place that starts processes.

#include <chrono>
#include <string>
#include <vector>

#include "base/context.h"

namespace granary {

/// Standard output of a program that ended with 0; its standard error goes nowhere. `arguments[0]` is looked
/// up in PATH; the environment is this process's own. Errors: unavailable (cannot be started, ended
/// otherwise), too_large (more than 1 MB), deadline_exceeded (killed after `patience`), cancelled.
Result<std::string> output_of(const Context&, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds patience);

}  // namespace granary
