#include <fmt/format.h>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

std::uint64_t count_of(const Json& json, std::string_view name) {
  return static_cast<std::uint64_t>(json[name].integer().value_or(0));
}

Result<int> collect(Session& session) {
  const auto query = Query()
                         .add("dryrun", session.args().value("--dryrun"))
                         .add("grace", session.args().value("--grace"))
                         .text();
  return session.show("POST", "/gc" + query, {}, [&](const Json& json) {
    session.print(fmt::format("{} {} in {} {}; {} in {} stay, of which {} are too young to go\n",
                              session.args().on("--dryrun") ? "would give back" : "gave back",
                              human_size(count_of(json, "bytes")), count_of(json, "blobs"), "objects",
                              human_size(count_of(json, "kept_bytes")), count_of(json, "kept"),
                              count_of(json, "young")));
  });
}

Result<int> verify(Session& session) {
  auto* server = TRY(session.server());
  const auto reply = TRY(server->call(session.context(), "POST", "/verify", {}));
  const auto& problems = reply.json["problems"].items();
  if (session.json()) {
    session.print(reply.text + (reply.text.ends_with('\n') ? "" : "\n"));
    return problems.empty() ? 0 : 1;
  }
  for (const auto& problem : problems) {
    session.print(fmt::format("{}: {} of source '{}' (sha256 {})\n", problem["what"].string().value_or("?"),
                              problem["filename"].string().value_or("?"),
                              problem["source"].string().value_or("?"),
                              problem["sha256"].string().value_or("?")));
  }
  session.print(fmt::format("{} files, {} objects, {}: {}\n", count_of(reply.json, "files"),
                            count_of(reply.json, "blobs"), human_size(count_of(reply.json, "bytes")),
                            problems.empty() ? "all right" : fmt::format("{} problems", problems.size())));
  return problems.empty() ? 0 : 1;
}

}  // namespace

std::vector<CommandSpec> maintenance_commands() {
  return {
      {"verify", "Check that every package has its bytes and all bytes their hash", "verify", {}, verify},
      {"gc",
       "Give back the space of bytes that no package of any snapshot names",
       "gc --dryrun",
       {{"--dryrun", "", "only say what would come back"},
        {"--grace", "TIME", "leave alone what is younger, such as 1h (the server's setting)"}},
       collect},
  };
}

}  // namespace granary::cli
