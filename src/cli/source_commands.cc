#include <fmt/format.h>

#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

Result<int> create(Session& session) {
  const auto body = Body(session.args())
                        .text("name", "--name")
                        .text("type", "--type")
                        .text("description", "--description")
                        .boolean("succeed_on_existing", "--succeed-on-existing")
                        .text("url", "--url")
                        .text("proxy", "--proxy")
                        .text("ca_file", "--ca-file")
                        .text("user", "--user")
                        .text("password", "--password")
                        .text("snapshot", "--snapshot")
                        .text("of", "--of")
                        .json();
  return session.show("POST", "/sources", body, [&](const Json& source) {
    session.print(
        fmt::format("source '{}' of type {} is there\n", text_of(source, "name"), text_of(source, "type")));
  });
}

Result<int> edit(Session& session) {
  const auto body = Body(session.args())
                        .text("name", "--new-name")
                        .text("description", "--description")
                        .text("url", "--url")
                        .text("proxy", "--proxy")
                        .text("ca_file", "--ca-file")
                        .text("user", "--user")
                        .text("password", "--password")
                        .json();
  return session.show("PATCH", endpoint({"sources", session.args().value("--name")}), body,
                      [&](const Json& source) {
                        session.print(fmt::format("source '{}' was changed\n", text_of(source, "name")));
                      });
}

Result<int> remove(Session& session) {
  const auto name = session.args().value("--name");
  return session.show("DELETE", endpoint({"sources", name}), {}, [&](const Json&) {
    session.print(fmt::format("source '{}' was deleted; 'gc' gives the space back\n", name));
  });
}

}  // namespace

std::vector<CommandSpec> source_commands() {
  const FlagSpec name = {"--name", "NAME", "name of the source", true};
  const FlagSpec url = {"--url", "URL",
                        "upstream: http, https or file, or offline: for none (the setting of its type)"};
  const FlagSpec proxy = {"--proxy", "URL", "proxy for requests to upstream (Proxy.URL)"};
  const FlagSpec ca_file = {"--ca-file", "PATH",
                            "certificates that upstream's is checked with, on the server"};
  const FlagSpec user = {"--user", "NAME", "user for upstream"};
  const FlagSpec password = {"--password", "TEXT",
                             "password for upstream, best as 'granary encrypt' prints it"};
  return {
      {"create source",
       "Make a source, into which packages are added",
       "create source --name team --type local",
       {name,
        {"--type", "TYPE",
         "local (R, the default), local-python, git (R), git-python, cran, bioconductor, pypi or "
         "cran-snapshot"},
        {"--description", "TEXT", "what it is for"},
        {"--succeed-on-existing", "", "succeed when it is there already"},
        url,
        proxy,
        ca_file,
        user,
        password,
        {"--snapshot", "DAY", "the day that a cran-snapshot shows, such as 2020-07-09"},
        {"--of", "SOURCE", "the source of type cran that it shows (the only one)"}},
       create},
      {"edit source",
       "Rename or describe a source, or change its upstream",
       "edit source --name team --new-name research",
       {name,
        {"--new-name", "NAME", "new name"},
        {"--description", "TEXT", "what it is for"},
        url,
        proxy,
        ca_file,
        user,
        password},
       edit},
      {"delete source", "Delete a source with its history", "delete source --name team", {name}, remove},
  };
}

}  // namespace granary::cli
