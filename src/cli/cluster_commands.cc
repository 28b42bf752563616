/// Taking nodes out of the cluster and back.

#include <fmt/format.h>

#include <thread>

#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/json_table.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

constexpr auto kAskEvery = std::chrono::milliseconds(250);
constexpr std::chrono::seconds kHeard(2);  // a node hears what is wanted of it within a second

void print_nodes(Session& session, const Json& json) {
  session.print(
      rows_of(json, {"NODE", "STATE", "JOBS", "ADDRESS", "VERSION", "ROLE", "KEY", "STARTED", "HEARD"},
              {"name", "state", "running_jobs", "address", "version", "role", "key", "started", "heard"},
              "no nodes"));
}

Result<int> list(Session& session) {
  return session.show("GET", "/cluster/nodes", {}, [&](const Json& json) { print_nodes(session, json); });
}

bool reached(const Json& node, std::string_view wanted) {
  const auto state = text_of(node, "state");
  return state == wanted || state == "stopped" || state == "lost";
}

Result<std::chrono::seconds> timeout_of(const Arguments& args) {
  const auto text = args.value("--timeout");
  if (text.empty()) return std::chrono::seconds(60);
  const auto digits = text.ends_with('s') ? text.substr(0, text.size() - 1) : text;
  const auto seconds = parse_unsigned(digits);
  if (!seconds || *seconds > 86400)
    return fail(Errc::invalid_argument, "--timeout takes a number of seconds, at most 86400",
                "such as --timeout 60");
  return std::chrono::seconds(*seconds);
}

/// Nodes that are stopped or lost need no waiting. Without `must` it is for a moment, so that what is shown
/// is what the nodes made of it.
Result<Reply> wait(Session& session, ServerClient& server, Reply reply, std::string_view wanted, bool must) {
  std::vector<std::string> names;
  for (const auto& node : reply.json.items()) names.push_back(text_of(node, "name"));
  const auto path = "/cluster/nodes" + Query().add("nodes", join(names, ",")).text();
  const auto end = Context::Clock::now() + (must ? TRY(timeout_of(session.args())) : kHeard);
  for (;;) {
    reply = TRY(server.call(session.context(), "GET", path, {}));
    std::vector<std::string> waiting;
    for (const auto& node : reply.json.items()) {
      const bool draining = !must && text_of(node, "state") == "draining" && wanted == "offline";
      if (!reached(node, wanted) && !draining) waiting.push_back(text_of(node, "name"));
    }
    if (waiting.empty() || (!must && Context::Clock::now() >= end)) return reply;
    if (Context::Clock::now() >= end)
      return fail(Errc::deadline_exceeded, fmt::format("not {} yet: {}", wanted, join(waiting, ", ")),
                  "what they run is in: granary list jobs --state running");
    std::this_thread::sleep_for(kAskEvery);
  }
}

Result<int> want(Session& session, const std::string& wanted) {
  const auto& args = session.args();
  auto* server = TRY(session.server());
  TRY(timeout_of(args));
  const auto path = "/cluster/" + wanted + Query().add("nodes", args.value("--nodes")).text();
  auto reply = TRY(server->call(session.context(), "POST", path, {}));
  const bool must = args.on("--wait") || !args.value("--timeout").empty();
  reply = TRY(wait(session, *server, std::move(reply), wanted, must));
  if (session.json()) {
    session.print(reply.text + (reply.text.ends_with('\n') ? "" : "\n"));
  } else {
    print_nodes(session, reply.json);
  }
  return 0;
}

Result<int> online(Session& session) { return want(session, "online"); }
Result<int> offline(Session& session) { return want(session, "offline"); }

}  // namespace

std::vector<CommandSpec> cluster_commands() {
  const FlagSpec nodes = {"--nodes", "NAMES", "which, with commas between them", true};
  const FlagSpec waits = {"--wait", "", "until they are; nodes that are stopped or lost are not waited for"};
  const FlagSpec timeout = {"--timeout", "SECONDS", "wait so long at most (60), then fail"};
  return {
      {"cluster nodes", "List the nodes that share the database", "cluster nodes", {}, list},
      {"cluster online",
       "Let nodes work again",
       "cluster online --nodes a,b",
       {nodes, waits, timeout},
       online},
      {"cluster offline",
       "Take nodes out: the balancer is told, what runs is finished, no job is begun",
       "cluster offline --nodes a --timeout 60",
       {nodes, waits, timeout},
       offline},
      {"online", "Let this node work again", "online", {waits, timeout}, online},
      {"offline",
       "Take this node out, until: granary online; it is safe to stop once it is offline",
       "offline --wait",
       {waits, timeout},
       offline},
  };
}

}  // namespace granary::cli
