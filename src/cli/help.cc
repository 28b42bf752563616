#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace granary::cli {
namespace {

void append_flags(std::string& out, std::span<const FlagSpec> flags) {
  std::size_t width = 0;
  std::vector<std::string> heads;
  for (const auto& flag : flags) {
    std::string head = flag.letter.empty() ? "    " : fmt::format("{}, ", flag.letter);
    head += flag.name;
    if (!flag.value.empty()) head += fmt::format(" {}", flag.value);
    width = std::max(width, head.size());
    heads.push_back(std::move(head));
  }
  for (std::size_t i = 0; i < flags.size(); ++i) {
    out += fmt::format("  {:<{}}  {}{}\n", heads[i], width, flags[i].help,
                       flags[i].required ? " (required)" : "");
  }
}

}  // namespace

std::string help_of_group(std::string_view program, std::string_view group) {
  std::string out;
  if (group.empty()) {
    out = fmt::format(
        "{} keeps and serves R and Python packages.\n\n"
        "Usage: {} <command> [flags]\n\n"
        "Commands ({} <command> --help says more):\n",
        program, program, program);
  } else {
    out = fmt::format("Usage: {} {} <what> [flags]\n\n", program, group);
  }
  std::size_t width = 0;
  std::vector<const CommandSpec*> shown;
  for (const auto& command : commands()) {
    const bool in =
        group.empty() || command.name == group || command.name.starts_with(std::string(group) + " ");
    if (!in) continue;
    width = std::max(width, command.name.size());
    shown.push_back(&command);
  }
  for (const auto* command : shown)
    out += fmt::format("  {:<{}}  {}\n", command->name, width, command->summary);
  out += "\nFlags of every command:\n";
  append_flags(out, global_flags());
  return out;
}

std::string help_of(std::string_view program, const CommandSpec& command) {
  std::string out = fmt::format("{}.\n\nUsage: {} {} [flags]\n", command.summary, program, command.name);
  if (!command.flags.empty()) {
    out += "\nFlags:\n";
    append_flags(out, command.flags);
  }
  out += "\nFlags of every command:\n";
  append_flags(out, global_flags());
  out += fmt::format("\nExample:\n  {} {}\n", program, command.example);
  return out;
}

}  // namespace granary::cli
