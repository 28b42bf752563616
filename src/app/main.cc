/// The program: arguments and environment in, cli::run() decides. The only place that reads the environment.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>

#include "app/secret_input.h"
#include "app/serve.h"
#include "app/signals.h"
#include "app/stores.h"
#include "app/transfer.h"
#include "app/version.h"
#include "cli/cli.h"

namespace granary::app {
namespace {

cli::Environment environment() {
  cli::Environment all;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (const char* equals = std::strchr(*entry, '='); equals != nullptr)
      all.emplace(std::string_view(*entry, static_cast<std::size_t>(equals - *entry)), equals + 1);
  }
  return all;
}

int run(std::vector<std::string> args) {
  const cli::Environment variables = environment();
  cli::Hooks hooks;
  hooks.version = kVersion;
  hooks.read_secret = read_secret;
  hooks.transfer = [&variables](const Context& ctx, const cli::Transfer& what,
                                const cli::Transfer::Progress& progress) {
    return transfer(ctx, what, variables, progress);
  };
  hooks.serve = [&](const cli::ServeOptions& options) {
    const auto served = serve(options, variables);
    if (served) return 0;
    const auto& error = served.error();
    std::cerr << "granary: " << error.message() << (error.hint().empty() ? "" : "; ") << error.hint() << '\n';
    return 1;
  };
  hooks.probes = [&variables](const config::Settings& settings) {
    return std::vector<cli::Probe>{
        {"database", [settings](const Context&) { return probe_database(settings); }},
        {"storage", [settings, &variables](const Context&) { return probe_blobs(settings, variables); }},
    };
  };
  hooks.pause = [signals = std::shared_ptr<Signals>()](std::chrono::milliseconds time) mutable {
    if (!signals) signals = std::make_shared<Signals>();
    return signals->wait(time).has_value();
  };
  return cli::run(args, variables, hooks, {std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1});
}

}  // namespace
}  // namespace granary::app

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not the end
  try {
    return granary::app::run({argv, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "granary: an unexpected failure: %s\n", e.what());
    return 1;
  }
}
