#pragma once
/// The online help, from the table of commands.

#include <string>
#include <string_view>

#include "cli/command.h"

namespace granary::cli {

/// All commands, or those of a group such as "create".
std::string help_of_group(std::string_view program, std::string_view group);
std::string help_of(std::string_view program, const CommandSpec& command);

}  // namespace granary::cli
