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
                        .json();
  return session.show("POST", "/sources", body, [&](const Json& source) {
    session.print(
        fmt::format("source '{}' of type {} is there\n", text_of(source, "name"), text_of(source, "type")));
  });
}

Result<int> edit(Session& session) {
  const auto body =
      Body(session.args()).text("name", "--new-name").text("description", "--description").json();
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
  return {
      {"create source",
       "Make a source, into which packages are added",
       "create source --name team --type local",
       {name,
        {"--type", "TYPE", "local (R, the default) or local-python"},
        {"--description", "TEXT", "what it is for"},
        {"--succeed-on-existing", "", "succeed when it is there already"}},
       create},
      {"edit source",
       "Rename or describe a source",
       "edit source --name team --new-name research",
       {name, {"--new-name", "NAME", "new name"}, {"--description", "TEXT", "what it is for"}},
       edit},
      {"delete source", "Delete a source with its history", "delete source --name team", {name}, remove},
  };
}

}  // namespace granary::cli
