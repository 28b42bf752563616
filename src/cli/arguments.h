#pragma once
/// The words of a command line against the table of commands.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace granary::cli {

/// A command line that was understood.
struct Arguments {
  const CommandSpec* command = nullptr;  // null: `topic` is asked about, or nothing was said
  std::string topic;                     // words of a group of commands: "create"
  bool help = false, version = false;
  std::map<std::string, std::string, std::less<>>
      values;  // by "--name"; a repeated flag is joined with commas

  bool has(std::string_view flag) const { return values.contains(flag); }
  /// Empty when absent.
  std::string value(std::string_view flag) const;
  /// A switch; absent: false.
  bool on(std::string_view flag) const { return value(flag) == "true"; }
};

/// `words` without the program's name. Errc::invalid_argument says what is wrong and what is near.
Result<Arguments> parse_arguments(std::span<const std::string> words);

}  // namespace granary::cli
