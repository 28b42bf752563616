#pragma once
/// What a command has at hand while it runs.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_member.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/server_client.h"

namespace granary::cli {

/// The settings file in use: --config, GRANARY_CONFIG, or the first that exists of the usual places. Empty:
/// none.
std::string config_path(const Arguments&, const Environment&);
/// Its text; empty when there is no file.
Result<std::string> config_text(const std::string& path);

class Session {
 public:
  Session(const Arguments& arguments, const Environment& environment, const Hooks& hooks, Streams streams)
      : arguments_(&arguments), environment_(&environment), hooks_(&hooks), streams_(streams) {}

  const Arguments& args() const noexcept { return *arguments_; }
  const Environment& environment() const noexcept { return *environment_; }
  const Hooks& hooks() const noexcept { return *hooks_; }
  Streams& streams() noexcept { return streams_; }
  bool json() const { return arguments_->value("--output-format") == "json"; }
  Context context() const;

  /// The server to speak to: --address, else the socket of --config, else GRANARY_ADDRESS, else the socket of
  /// the settings file found.
  Result<ServerClient*> server();
  /// Calls the server; with -o json its answer is printed and `human` is not called.
  Result<int> show(std::string_view method, std::string_view path, const std::string& body,
                   const std::function<void(const Json&)>& human);
  void print(std::string_view text);

 private:
  const Arguments* arguments_;
  const Environment* environment_;
  const Hooks* hooks_;
  Streams streams_;
  Logger silent_;
  std::unique_ptr<ServerClient> server_;
};

}  // namespace granary::cli
