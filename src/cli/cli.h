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
#include "cli/transfer.h"
#include "config/settings.h"

namespace granary::cli {

/// All variables of the process, by name.
using Environment = std::map<std::string, std::string>;

/// A check of check-config that needs more than the settings: the database, the storage.
struct Probe {
  std::string name;                                          // "database"
  std::function<Result<std::string>(const Context&)> check;  // what was found, in a few words
};

struct ServeOptions {
  std::string config_path;  // empty: no file, the defaults and the environment hold
  bool accept_key = false;  // the encryption key was changed: remember this one
  bool read_only = false;   // until told otherwise: granary read-only off
};

/// What only app/ can do.
struct Hooks {
  std::string version;
  /// Runs the server until it is told to stop; the answer is the exit code.
  std::function<int(const ServeOptions&)> serve;
  /// Everything that comes on standard input, without the end of its last line; from a terminal one line
  /// after `prompt`, which is not shown while it is typed.
  std::function<Result<std::string>(std::string_view prompt)> read_secret;
  std::function<Result<Transferred>(const Context&, const Transfer&, const Transfer::Progress&)> transfer;
  std::function<std::vector<Probe>(const config::Settings&)> probes;
  /// Sleeps; true when the user has interrupted the program meanwhile (Ctrl-C), which from the first call on
  /// does not end it. Null: sleeps.
  std::function<bool(std::chrono::milliseconds)> pause;
};

/// Where output goes. A progress bar is shown only when `err` is a terminal.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

/// `args` is argv, with the program's name. Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130
/// interrupted by the user.
/// Results go to `out`; an error is one line `granary: <error>; <hint>` on `err`. The process must ignore
/// SIGPIPE.
int run(std::span<const std::string> args, const Environment&, const Hooks&, Streams);

}  // namespace granary::cli
