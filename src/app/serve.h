#pragma once
/// `granary serve`: from a configuration file to a process that answers until it is told to stop.

#include "cli/cli.h"
#include "config/settings.h"

namespace granary::app {

/// Reads the file (again on SIGHUP), starts, waits for signals. Returns when everything begun is finished.
Result<> serve(const cli::ServeOptions&, const config::Environment&);

}  // namespace granary::app
