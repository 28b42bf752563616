#include "cli/cli.h"

#include <fmt/format.h>

#include <exception>
#include <ostream>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

constexpr int kFailed = 1, kMisused = 2, kInterrupted = 130;

std::string program_of(std::span<const std::string> args) {
  if (args.empty()) return "granary";
  const auto name = args.front().substr(args.front().rfind('/') + 1);
  return name == "rspm" ? name : "granary";
}

void complain(std::ostream& err, std::string_view program, const Error& error) {
  err << program << ": " << error.message();
  if (!error.hint().empty()) err << "; " << error.hint();
  err << '\n';
}

Result<> check_format(const Arguments& arguments) {
  const auto format = arguments.value("--output-format");
  if (format.empty() || format == "human" || format == "json") return {};
  return fail(Errc::invalid_argument, fmt::format("unknown output format '{}'", format), "use human or json");
}

int run_command(const Arguments& arguments, const std::string& program, const Environment& environment,
                const Hooks& hooks, Streams streams) {
  Session session(arguments, environment, hooks, streams);
  auto done = arguments.command->run(session);
  streams.out.flush();
  if (done) return *done;
  complain(streams.err, program, done.error());
  return done.error().code() == Errc::cancelled ? kInterrupted : kFailed;
}

}  // namespace

const std::vector<CommandSpec>& commands() {
  static const std::vector<CommandSpec> kAll = [] {
    std::vector<CommandSpec> all;
    for (auto part : {server_commands(), source_commands(), repository_commands(), package_commands(),
                      listing_commands(), job_commands(), cluster_commands(), token_commands(),
                      url_commands(), maintenance_commands(), mirror_commands(), git_commands(),
                      git_credential_commands(), encrypt_commands(), transfer_commands()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kAll;
}

int run(std::span<const std::string> args, const Environment& environment, const Hooks& hooks,
        Streams streams) {
  const auto program = program_of(args);
  try {
    const auto arguments = parse_arguments(args.empty() ? args : args.subspan(1));
    if (!arguments) {
      complain(streams.err, program, arguments.error());
      return kMisused;
    }
    if (arguments->version) {
      streams.out << program << ' ' << hooks.version << '\n';
      return 0;
    }
    if (arguments->help) {
      streams.out << (arguments->command != nullptr && arguments->command->name == arguments->topic
                          ? help_of(program, *arguments->command)
                          : help_of_group(program, arguments->topic));
      return 0;
    }
    if (const auto format = check_format(*arguments); !format) {
      complain(streams.err, program, format.error());
      return kMisused;
    }
    return run_command(*arguments, program, environment, hooks, streams);
  } catch (const std::exception& e) {
    streams.err << program << ": failed: " << e.what() << '\n';
    return kFailed;
  }
}

}  // namespace granary::cli
