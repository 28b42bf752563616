#pragma once
/// The command line `granary` (and `rspm`): commands in the incumbent's grammar, which speak HTTP to a
/// server, plus those that need none. It reads no environment variable and opens no database itself: app/
/// passes both.

#include <functional>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "config/settings.h"

namespace granary::cli {

/// All variables of the process, by name.
using Environment = std::map<std::string, std::string>;

/// A check of check-config that needs more than the settings: the database, the storage.
struct Probe {
  std::string name;                                          // "database"
  std::function<Result<std::string>(const Context&)> check;  // what was found, in a few words
};

/// What only app/ can do.
struct Hooks {
  std::string version;
  /// Runs the server until it is told to stop; the answer is the exit code. `config_path` is empty when there
  /// is no file: then the defaults and the environment hold.
  std::function<int(const std::string& config_path)> serve;
  std::function<std::vector<Probe>(const config::Settings&)> probes;
};

/// Where output goes. A progress bar is shown only when `err` is a terminal.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

/// `args` is argv, with the program's name. Exit codes: 0 done, 1 failed, 2 the command line is wrong.
/// Results go to `out`; an error is one line `granary: <error>; <hint>` on `err`. The process must ignore
/// SIGPIPE.
int run(std::span<const std::string> args, const Environment&, const Hooks&, Streams);

}  // namespace granary::cli
