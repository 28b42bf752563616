#pragma once
/// One row per command: the parser, the help and the dispatch read the same table.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::cli {

class Session;

struct FlagSpec {
  std::string_view name;  // "--name"
  std::string_view
      value;  // what stands for the value in the help; empty: a switch (--x, --x=true, --x=false)
  std::string_view help;
  bool required = false;
  std::string_view letter = {};  // "-q"
};

struct CommandSpec {
  std::string_view name;  // "create source"
  std::string_view summary;
  std::string_view example;  // without the program's name
  std::vector<FlagSpec> flags;
  Result<int> (*run)(Session&) = nullptr;  // the exit code
};

/// Every command, in the order of the help.
const std::vector<CommandSpec>& commands();
/// Flags that every command takes.
std::span<const FlagSpec> global_flags();

// The parts of commands(), by noun.
std::vector<CommandSpec> server_commands();
std::vector<CommandSpec> source_commands();
std::vector<CommandSpec> repository_commands();
std::vector<CommandSpec> listing_commands();
std::vector<CommandSpec> job_commands();
std::vector<CommandSpec> cluster_commands();
std::vector<CommandSpec> package_commands();
std::vector<CommandSpec> token_commands();
std::vector<CommandSpec> url_commands();
std::vector<CommandSpec> maintenance_commands();
std::vector<CommandSpec> mirror_commands();
std::vector<CommandSpec> git_commands();
std::vector<CommandSpec> git_credential_commands();
std::vector<CommandSpec> encrypt_commands();
std::vector<CommandSpec> transfer_commands();

/// `info --source` of a mirror.
Result<int> mirror_info(Session& session);

}  // namespace granary::cli
