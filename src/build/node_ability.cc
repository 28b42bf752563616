#include "build/node_ability.h"

namespace granary::build {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

Result<Sandbox> open_for_git(const Context& ctx, const SandboxSettings& settings) {
  auto sandbox = TRY(Sandbox::open(ctx, settings));
  const auto probe =
      sandbox.command({.arguments = {"git", "--version"},
                       .environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                       .folder = "/",
                       .writable = {},
                       .readable = {},
                       .temporary = {}},
                      Limits{});
  const auto status = run_command(ctx.with_timeout(kPatience), probe, [](std::string_view) {});
  TRY(ctx.check());
  if (status && *status == 0) return sandbox;
  return fail(Errc::unsupported, "the program git is not there, or does not run", "install git");
}

Result<Sandbox> open_for_builds(const Context& ctx, const SandboxSettings& settings,
                                const ToolSettings& tools, model::Ecosystem ecosystem) {
  auto sandbox = TRY(open_for_git(ctx, settings));
  TRY(find_tool(ctx, sandbox, tools, ecosystem));
  return sandbox;
}

Error of_node(std::string_view node, const Error& error) {
  return fail(error.code(), "node " + std::string(node) + ": " + error.message(), error.hint()).value();
}

}  // namespace granary::build
