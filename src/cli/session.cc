#include "cli/session.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <ostream>

#include "base/file.h"

namespace granary::cli {
namespace {

constexpr auto kPatience = std::chrono::hours(24);  // a command ends when it is done, or by Ctrl-C

std::string variable(const Environment& environment, const std::string& name) {
  for (const char* prefix : {"GRANARY_", "PACKAGEMANAGER_"}) {
    const auto found = environment.find(prefix + name);
    if (found != environment.end() && !found->second.empty()) return found->second;
  }
  return {};
}

}  // namespace

std::string config_path(const Arguments& arguments, const Environment& environment) {
  if (arguments.has("--config")) return arguments.value("--config");
  if (const auto named = variable(environment, "CONFIG"); !named.empty()) return named;
  constexpr std::array<const char*, 2> kUsual = {"/etc/granary/granary.gcfg",
                                                 "/etc/rstudio-pm/rstudio-pm.gcfg"};
  for (const char* path : kUsual) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return {};
}

Result<std::string> config_text(const std::string& path) {
  if (path.empty()) return std::string();
  auto text = read_file(path, 1 << 20);
  if (!text)
    return fail(Errc::invalid_argument,
                fmt::format("cannot read the settings file {}: {}", path, text.error().message()),
                "name another with --config");
  return text;
}

Context Session::context() const { return {silent_, {}, Context::Clock::now() + kPatience}; }

Result<ServerClient*> Session::server() {
  if (server_) return server_.get();
  ServerAddress address;
  address.verbose = arguments_->on("--verbose");
  address.skip_verification = arguments_->on("--insecure-ssl-skip-verify");
  address.token = variable(*environment_, "TOKEN");
  address.url = arguments_->value("--address");
  if (address.url.empty() && !arguments_->has("--config")) address.url = variable(*environment_, "ADDRESS");
  if (address.url.empty()) {
    const auto path = config_path(*arguments_, *environment_);
    const auto report = TRY(config::load(TRY(config_text(path)), path, *environment_));
    address.socket = report.settings.socket_path();
    address.start_with = path.empty() ? "granary serve" : "granary serve -c " + path;
  }
  server_ = TRY(ServerClient::create(std::move(address), streams_.err));
  return server_.get();
}

Result<int> Session::show(std::string_view method, std::string_view path, const std::string& body,
                          const std::function<void(const Json&)>& human) {
  auto* client = TRY(server());
  const auto reply = TRY(client->call(context(), method, path, body));
  if (json()) {
    print(reply.text);
    if (!reply.text.ends_with('\n')) print("\n");
  } else {
    human(reply.json);
  }
  return 0;
}

void Session::print(std::string_view text) { streams_.out << text; }

}  // namespace granary::cli
