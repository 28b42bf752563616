/// Builders of packages from git.

#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/job_wait.h"
#include "cli/json_table.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

std::string path_of(const Arguments& args) {
  return endpoint({"sources", args.value("--source"), "git-builders", args.value("--name")});
}

/// "mypkg 1.2 was built from v1.2 3f2a1b0c9d8e" for each.
void say_built(Session& session, const Json& job) {
  const auto& built = job["result"]["built"].items();
  if (built.empty()) session.print("nothing is new\n");
  for (const auto& one : built)
    session.print(fmt::format("{} {} was built from {}{}{}\n", text_of(one, "package"),
                              text_of(one, "version"), text_of(one, "ref"),
                              text_of(one, "ref").empty() ? "" : " ", text_of(one, "commit").substr(0, 12)));
}

/// What the server answered, then the job when it is to be waited for.
Result<int> follow(Session& session, const Reply& answer, const Json& job, std::string_view said) {
  if (!session.json()) session.print(said);
  const auto done = TRY(ordered(session, answer, job));
  if (!done) return 0;
  if (session.json())
    session.print(TRY(text_of_job(session, *done)) + "\n");
  else
    say_built(session, *done);
  return 0;
}

/// --recurse-submodules and --clone-depth: what the server would say of them names the field, not the flag.
Result<> check_counts(const Arguments& args) {
  for (const std::string_view flag : {"--recurse-submodules", "--clone-depth"}) {
    if (args.has(flag) && !parse_unsigned(args.value(flag)))
      return fail(Errc::invalid_argument, fmt::format("{}: '{}' is not a number", flag, args.value(flag)),
                  "give a number from 0");
  }
  return {};
}

Result<int> create(Session& session) {
  const auto& args = session.args();
  TRY(check_counts(args));
  const auto body = Body(args)
                        .text("url", "--url")
                        .text("name", "--name")
                        .text("branch", "--branch")
                        .text("build_trigger", "--build-trigger")
                        .text("credential", "--credential")
                        .text("sub_dir", "--sub-dir")
                        .count("recurse_submodules", "--recurse-submodules")
                        .count("clone_depth", "--clone-depth")
                        .json();
  auto* server = TRY(session.server());
  const auto made = TRY(server->call(session.context(), "POST",
                                     endpoint({"sources", args.value("--source"), "git-builders"}), body));
  return follow(session, made, made.json["job"],
                fmt::format("builder '{}' is there\n", text_of(made.json, "name")));
}

Result<int> edit(Session& session) {
  const auto& args = session.args();
  TRY(check_counts(args));
  for (const auto& [set, remove] : {std::pair{"--new-credential", "--remove-credential"},
                                    std::pair{"--new-sub-dir", "--remove-sub-dir"}}) {
    if (args.has(set) && args.on(remove))
      return fail(Errc::invalid_argument, fmt::format("give {} or {}, not both", set, remove),
                  "one of them says what is meant");
  }
  JsonWriter json;
  json.begin_object();
  const auto text = [&](std::string_view field, std::string_view flag) {
    if (args.has(flag)) json.member(field, args.value(flag));
  };
  const auto count = [&](std::string_view field, std::string_view flag) {
    if (const auto number = parse_unsigned(args.value(flag))) json.member(field, *number);
  };
  text("url", "--new-url");
  text("branch", "--new-branch");
  text("credential", "--new-credential");
  text("sub_dir", "--new-sub-dir");
  if (args.on("--remove-credential")) json.member("credential", "");
  if (args.on("--remove-sub-dir")) json.member("sub_dir", "");
  count("recurse_submodules", "--recurse-submodules");
  count("clone_depth", "--clone-depth");
  json.end_object();
  return session.show("PATCH", path_of(args), json.text(), [&](const Json& builder) {
    session.print(fmt::format("builder '{}' was changed\n", text_of(builder, "name")));
  });
}

Result<int> remove(Session& session) {
  return session.show("DELETE", path_of(session.args()), {}, [&](const Json&) {
    session.print(
        fmt::format("builder '{}' was deleted; what it built stays\n", session.args().value("--name")));
  });
}

Result<int> order(Session& session, std::string_view verb, const std::string& body) {
  auto* server = TRY(session.server());
  const auto reply =
      TRY(server->call(session.context(), "POST", path_of(session.args()) + "/" + std::string(verb), body));
  return follow(session, reply, reply.json, "");
}

Result<int> run(Session& session) { return order(session, "run", {}); }

Result<int> rerun(Session& session) {
  return order(session, "rerun",
               Body(session.args()).text("tag", "--tag").text("commit_sha", "--commit-sha").json());
}

Result<int> list_builders(Session& session) {
  const auto query = Query().add("source", session.args().value("--source")).text();
  return session.show("GET", "/git-builders" + query, {}, [&](const Json& json) {
    session.print(
        rows_of(json, {"SOURCE", "BUILDER", "PACKAGE", "TRIGGER", "BRANCH", "LOOKED AT", "URL", "PROBLEM"},
                {"source", "name", "package", "build_trigger", "branch", "looked_at", "url", "problem"},
                "no builders"));
  });
}

Result<int> list_builds(Session& session) {
  const auto& args = session.args();
  for (const std::string_view flag : {"--count", "--page"}) {
    if (args.has(flag) && parse_unsigned(args.value(flag)).value_or(0) == 0)
      return fail(Errc::invalid_argument,
                  fmt::format("{}: '{}' is not a number from 1", flag, args.value(flag)),
                  "leave it out for the default");
  }
  const auto query = Query()
                         .add("source", args.value("--source"))
                         .add("name", args.value("--name"))
                         .add("_limit", args.value("--count"))
                         .add("_page", args.value("--page"))
                         .text();
  return session.show("GET", "/git-builds" + query, {}, [&](const Json& json) {
    session.print(rows_of(
        json,
        {"BUILD", "SOURCE", "BUILDER", "STATE", "REF", "COMMIT", "PACKAGE", "VERSION", "JOB", "CREATED",
         "ERROR"},
        {"id", "source", "name", "state", "ref", "commit", "package", "version", "job", "created", "error"},
        "no builds"));
  });
}

}  // namespace

std::vector<CommandSpec> git_commands() {
  const FlagSpec source = {"--source", "NAME", "a source of type git or git-python", true};
  const FlagSpec name = {"--name", "NAME", "name of the builder", true};
  const FlagSpec submodules = {"--recurse-submodules", "N", "levels of submodules that are checked out (0)"};
  const FlagSpec depth = {"--clone-depth", "N",
                          "commits that are fetched (1); 0: the whole history, with tags"};
  const FlagSpec wait = {"--wait", "", "wait until it is built, and say what came of it (the default)"};
  const FlagSpec no_wait = {"--no-wait", "", "only order it; the server does it"};
  return {
      {"create git-builder",
       "Build packages from a git repository, now and whenever it has something new",
       "create git-builder --source team-git --url https://git.example.com/team/mypackage.git",
       {source,
        {"--url", "URL", "https://, ssh:// (or user@host:path) or file://", true},
        {"--name", "NAME", "name of the builder (the last part of the URL); must be given for Python"},
        {"--branch", "NAME", "branch to build (the default one of the repository)"},
        {"--build-trigger", "commits|tags",
         "what is built: each commit of the branch (the default), or each tag"},
        {"--credential", "NAME", "as import https-credential or import ssh-key made it"},
        {"--sub-dir", "PATH", "folder of the package in the repository (its root)"},
        submodules,
        depth,
        wait,
        no_wait},
       create},
      {"edit git-builder",
       "Change where a builder gets its package from",
       "edit git-builder --source team-git --name mypackage --new-branch main",
       {source,
        name,
        {"--new-url", "URL", "another repository"},
        {"--new-branch", "NAME", "another branch"},
        {"--new-credential", "NAME", "another credential"},
        {"--remove-credential", "", "no credential any more"},
        {"--new-sub-dir", "PATH", "another folder"},
        {"--remove-sub-dir", "", "the root of the repository"},
        submodules,
        depth},
       edit},
      {"delete git-builder",
       "Delete a builder; the packages that it built stay",
       "delete git-builder --source team-git --name mypackage",
       {source, name},
       remove},
      {"run git-builder",
       "Look for new commits or tags now, and build them",
       "run git-builder --source team-git --name mypackage",
       {source, name, wait, no_wait},
       run},
      {"rerun git-builder",
       "Build again: the newest, or any tag or commit",
       "rerun git-builder --source team-git --name mypackage --tag v1.2",
       {source, name, {"--tag", "NAME", "this tag"}, {"--commit-sha", "SHA", "this commit"}, wait, no_wait},
       rerun},
      {"list git-builders",
       "List builders with their last problem",
       "list git-builders --source team-git",
       {{"--source", "NAME", "builders of this source"}},
       list_builders},
      {"list git-builds",
       "List builds, the newest first",
       "list git-builds --source team-git --name mypackage",
       {{"--source", "NAME", "builds of this source"},
        {"--name", "NAME", "of this builder of it"},
        {"--count", "N", "how many (100)"},
        {"--page", "N", "which page (1)"}},
       list_builds},
  };
}

}  // namespace granary::cli
