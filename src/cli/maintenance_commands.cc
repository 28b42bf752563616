#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/job_wait.h"
#include "cli/json_table.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

/// The job that `path` orders, when it has ended; absent when the user does not wait for it.
Result<std::optional<Json>> order(Session& session, const std::string& path) {
  auto* server = TRY(session.server());
  const auto reply = TRY(server->call(session.context(), "POST", path, {}));
  auto job = TRY(ordered(session, reply, reply.json, true));
  if (!job || (*job)["result"].is_object()) return job;
  return fail(Errc::unavailable, "a node of an older version did it, which does not say what came of it",
              "its log: granary info job --id " + cell_of(*job, "id"));
}

Result<int> collect(Session& session) {
  const auto& args = session.args();
  const auto query = Query().add("dryrun", args.value("--dryrun")).add("grace", args.value("--grace")).text();
  const auto job = TRY(order(session, "/gc" + query));
  if (!job) return 0;
  const auto& result = (*job)["result"];
  if (session.json()) {
    session.print(json_text(result) + "\n");
    return 0;
  }
  session.print(fmt::format("{} {} in {} {}; {} in {} stay, of which {} are too young to go\n",
                            args.on("--dryrun") ? "would give back" : "gave back",
                            human_size(count_of(result, "bytes")), count_of(result, "blobs"), "objects",
                            human_size(count_of(result, "kept_bytes")), count_of(result, "kept"),
                            count_of(result, "young")));
  return 0;
}

void show_problems(Session& session, const Json& job) {
  const auto& result = job["result"];
  const auto& problems = result["problems"].items();
  for (const auto& problem : problems) {
    session.print(fmt::format("{}: {} of source '{}' (sha256 {})\n", text_of(problem, "what"),
                              text_of(problem, "filename"), text_of(problem, "source"),
                              text_of(problem, "sha256")));
  }
  const auto count = count_of(result, "problem_count");
  if (count > problems.size()) session.print(fmt::format("and {} more\n", count - problems.size()));
  session.print(fmt::format("{} files, {} objects, {}: {}\n", count_of(result, "files"),
                            count_of(result, "blobs"), human_size(count_of(result, "bytes")),
                            count == 0 ? "all right" : fmt::format("{} problems", count)));
}

Result<int> verify(Session& session) {
  const auto job = TRY(order(session, "/verify"));
  if (!job) return 0;
  if (session.json())
    session.print(json_text((*job)["result"]) + "\n");
  else
    show_problems(session, *job);
  return count_of((*job)["result"], "problem_count") == 0 ? 0 : 1;
}

std::vector<FlagSpec> with_waiting(std::vector<FlagSpec> flags) {
  flags.insert(flags.end(), {{"--wait", "", "wait until it is done (the default)"},
                             {"--no-wait", "", "only order it; the server does it"},
                             {"--quiet", "", "say nothing while it is not done"}});
  return flags;
}

}  // namespace

std::vector<CommandSpec> maintenance_commands() {
  return {
      {"verify", "Check that every package has its bytes and all bytes their hash", "verify",
       with_waiting({}), verify},
      {"gc", "Give back the space of bytes that no package of any snapshot names", "gc --dryrun",
       with_waiting({{"--dryrun", "", "only say what would come back"},
                     {"--grace", "TIME", "leave alone what is younger, such as 1h (the server's setting)"}}),
       collect},
  };
}

}  // namespace granary::cli
