#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

Result<int> create(Session& session) {
  const auto body = Body(session.args())
                        .text("name", "--name")
                        .text("type", "--type")
                        .text("description", "--description")
                        .boolean("auth", "--authenticated")
                        .text("downloads", "--downloads")
                        .boolean("succeed_on_existing", "--succeed-on-existing")
                        .json();
  return session.show("POST", "/repos", body, [&](const Json& repo) {
    session.print(
        fmt::format("repository '{}' of type {} is there\n", text_of(repo, "name"), text_of(repo, "type")));
  });
}

Result<int> edit(Session& session) {
  const auto body = Body(session.args())
                        .text("name", "--new-name")
                        .text("description", "--description")
                        .boolean("auth", "--authenticated")
                        .text("downloads", "--downloads")
                        .json();
  return session.show("PATCH", endpoint({"repos", session.args().value("--name")}), body,
                      [&](const Json& repo) {
                        session.print(fmt::format("repository '{}' was changed\n", text_of(repo, "name")));
                      });
}

Result<int> remove(Session& session) {
  const auto name = session.args().value("--name");
  return session.show("DELETE", endpoint({"repos", name}), {}, [&](const Json&) {
    session.print(fmt::format("repository '{}' was deleted; its sources stay\n", name));
  });
}

Result<int> subscribe(Session& session) {
  const auto repo = session.args().value("--repo");
  const auto source = session.args().value("--source");
  const auto body = Body(session.args())
                        .text("source", "--source")
                        .boolean("succeed_on_existing", "--succeed-on-existing")
                        .json();
  return session.show("POST", endpoint({"repos", repo, "subscriptions"}), body, [&](const Json&) {
    session.print(fmt::format("repository '{}' subscribes to source '{}'\n", repo, source));
  });
}

Result<int> unsubscribe(Session& session) {
  const auto repo = session.args().value("--repo");
  const auto source = session.args().value("--source");
  return session.show("DELETE", endpoint({"repos", repo, "subscriptions", source}), {}, [&](const Json&) {
    session.print(fmt::format("repository '{}' no longer subscribes to source '{}'\n", repo, source));
  });
}

Result<int> reorder(Session& session) {
  const auto repo = session.args().value("--repo");
  const auto sources = comma_list(session.args().value("--sources"));
  const auto body = Body(session.args()).list("sources", sources).json();
  return session.show("PUT", endpoint({"repos", repo, "subscriptions"}), body, [&](const Json&) {
    session.print(fmt::format("repository '{}' takes packages from: {}\n", repo, join(sources, ", ")));
  });
}

}  // namespace

std::vector<CommandSpec> repository_commands() {
  const FlagSpec name = {"--name", "NAME", "name of the repository", true};
  const FlagSpec repo = {"--repo", "NAME", "name of the repository", true};
  const FlagSpec source = {"--source", "NAME", "name of the source", true};
  const FlagSpec description = {"--description", "TEXT", "what it is for"};
  const FlagSpec authenticated = {"--authenticated", "", "whether a token is needed to read it"};
  const FlagSpec downloads = {
      "--downloads", "HOW",
      "stream: a node sends the files (the default); redirect: clients get them from S3"};
  const FlagSpec succeed = {"--succeed-on-existing", "", "succeed when it is there already"};
  return {
      {"create repo",
       "Make a repository, from which clients install",
       "create repo --name all --type r --description \"Packages of the team\"",
       {name,
        {"--type", "TYPE", "r (the default) or python"},
        description,
        authenticated,
        downloads,
        succeed},
       create},
      {"edit repo",
       "Rename, describe or protect a repository, say how its files are sent",
       "edit repo --name all --authenticated=true",
       {name, {"--new-name", "NAME", "new name"}, description, authenticated, downloads},
       edit},
      {"delete repo", "Delete a repository; its sources stay", "delete repo --name all", {name}, remove},
      {"subscribe",
       "Let a repository show the packages of a source",
       "subscribe --repo all --source team",
       {repo, source, succeed},
       subscribe},
      {"unsubscribe",
       "End a subscription",
       "unsubscribe --repo all --source team",
       {repo, source},
       unsubscribe},
      {"reorder",
       "Say which source of a repository comes first: it gives the packages it has",
       "reorder --repo all --sources team,public",
       {repo, {"--sources", "A,B,...", "all sources of the repository, in the new order", true}},
       reorder},
  };
}

}  // namespace granary::cli
