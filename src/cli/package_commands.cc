#include <fmt/format.h>

#include "cli/add.h"
#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

/// Says which files a change touched.
Result<int> change(Session& session, std::string_view method, const std::string& path,
                   const std::string& body, std::string_view done, std::string_view nothing) {
  return session.show(method, path, body, [&](const Json& json) {
    for (const auto& file : json["files"].items())
      session.print(fmt::format("{} {}\n", done, file.string().value_or("?")));
    if (json["files"].items().empty()) session.print(fmt::format("{}\n", nothing));
  });
}

std::string source_path(const Session& session, std::string_view verb) {
  return endpoint({"sources", session.args().value("--source"), verb});
}

Result<int> remove(Session& session) {
  const auto& args = session.args();
  const bool dry_run = args.on("--dryrun");
  const auto query =
      Query().add("dryrun", dry_run ? "true" : "").add("comment", args.value("--comment")).text();
  const auto path = endpoint({"sources", args.value("--source"), "packages", args.value("--name")});
  return change(session, "DELETE", path + query, {}, dry_run ? "would remove" : "removed",
                "nothing to remove");
}

Result<int> archive(Session& session) {
  const auto body = Body(session.args()).text("package", "--name").text("comment", "--comment").json();
  return change(session, "POST", source_path(session, "archive"), body, "archived", "it is archived already");
}

Result<int> yank(Session& session) {
  const auto body = Body(session.args()).text("package", "--name").text("reason", "--reason").json();
  return change(session, "POST", source_path(session, "yank"), body, "yanked", "it is yanked already");
}

Result<int> unyank(Session& session) {
  const auto body = Body(session.args()).text("package", "--name").json();
  return change(session, "POST", source_path(session, "unyank"), body, "unyanked", "it is not yanked");
}

}  // namespace

std::vector<CommandSpec> package_commands() {
  const FlagSpec source = {"--source", "NAME", "name of the source", true};
  const FlagSpec comment = {"--comment", "TEXT", "kept with the transaction"};
  const FlagSpec dry_run = {"--dryrun", "", "check everything, change nothing"};
  return {
      {"add",
       "Publish packages, R or Python, from files and folders",
       "add --source team --path mypackage_1.0.tar.gz,folder/",
       {source,
        {"--path", "A,B,...", "files, and folders with all packages below them"},
        {"--file-in", "FILE", "a list of paths, one per line"},
        {"--replace", "", "let other bytes take the place of a file of the same name"},
        dry_run,
        comment,
        {"--succeed-on-existing", "", "accepted: the same bytes again are always a success"}},
       add_packages},
      {"archive",
       "Move the current version of an R package to Archive: kept, no longer installed by default",
       "archive --source team --name mypackage",
       {source, {"--name", "PACKAGE", "name of the package", true}, comment},
       archive},
      {"remove package",
       "Remove files of a package; earlier snapshots keep them",
       "remove package --source team --name mypackage@1.2",
       {source,
        {"--name", "PACKAGE@WHICH", "pkg@1.2, pkg@current, pkg@all or pkg@<file>", true},
        dry_run,
        comment},
       remove},
      {"yank",
       "Yank a version of a Python project: only who asks for exactly it still gets it",
       "yank --source team-python --name project@1.2 --reason \"wrong results\"",
       {source,
        {"--name", "PROJECT@WHICH", "project@1.2, project@all or project@<file>", true},
        {"--reason", "TEXT", "shown by pip"}},
       yank},
      {"unyank",
       "Undo a yank",
       "unyank --source team-python --name project@1.2",
       {source, {"--name", "PROJECT@WHICH", "project@1.2, project@all or project@<file>", true}},
       unyank},
  };
}

}  // namespace granary::cli
