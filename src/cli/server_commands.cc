/// Commands that need no running server.

#include <fmt/format.h>

#include "cli/check_config.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

Result<int> serve(Session& session) {
  const auto path = config_path(session.args(), session.environment());
  if (!session.hooks().serve) return fail(Errc::unsupported, "this program has no server in it");
  return session.hooks().serve({.config_path = path,
                                .accept_key = session.args().on("--accept-key"),
                                .read_only = session.args().on("--read-only")});
}

Result<int> settings(Session& session) {
  session.print(session.args().on("--markdown") ? config::settings_markdown() : config::settings_example());
  return 0;
}

Result<int> version(Session& session) {
  if (session.json()) {
    JsonWriter json;
    json.begin_object();
    json.member("version", session.hooks().version);
    json.end_object();
    session.print(std::move(json).take() + "\n");
  } else {
    session.print(session.hooks().version + "\n");
  }
  return 0;
}

}  // namespace

std::vector<CommandSpec> server_commands() {
  return {
      {"serve",
       "Run the server until it gets SIGTERM",
       "serve -c /etc/granary/granary.gcfg",
       {{"--accept-key", "", "the encryption key was changed: let the database remember this node's"},
        {"--read-only", "", "answer writes 503 until: granary read-only off"}},
       serve},
      {"check-config",
       "Check the settings, the paths, the database and the storage, without a server",
       "check-config -c /etc/granary/granary.gcfg",
       {},
       check_config},
      {"settings",
       "Print every setting with its default, as a commented file or as Markdown",
       "settings > granary.gcfg",
       {{"--markdown", "", "print the reference"}},
       settings},
      {"version", "Print the version", "version", {}, version},
  };
}

}  // namespace granary::cli
