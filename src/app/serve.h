#pragma once
/// `granary serve`: from a configuration file to a process that answers until it is told to stop.

#include <string>

#include "config/settings.h"

namespace granary::app {

/// Reads the file (again on SIGHUP), starts, waits for signals. Returns when everything begun is finished.
/// `path` empty: defaults and environment alone.
Result<> serve(const std::string& path, const config::Environment&);

}  // namespace granary::app
