#pragma once
/// Other programs. The only place that starts processes; never through a shell.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"

namespace granary {

/// Standard output of a program that ended with 0; its standard error goes nowhere. `arguments[0]` is looked
/// up in PATH; the environment is this process's own. Errors: unavailable (cannot be started, ended
/// otherwise), too_large (more than 1 MB), deadline_exceeded (killed after `patience`), cancelled.
Result<std::string> output_of(const Context&, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds patience);

/// A program with nothing of this process but what is said here.
struct Command {
  std::vector<std::string> arguments;    // the first is looked up in this process's PATH
  std::vector<std::string> environment;  // "NAME=value"
  std::string folder;                    // where it runs; empty: where this process does
  std::uint64_t most_output = 16 << 20;  // bytes of output and errors together
};

/// Hears each line of output and errors, in order, without its end; longer ones than 8 KB come in parts.
using EachLine = std::function<void(std::string_view line)>;

/// Runs it in a process group of its own, and gives its exit status; 128 and more: the signal that ended it.
/// Whatever happens, nothing of the group runs when this returns, and nobody waits for a child that keeps the
/// output open. `watch` is asked twice a second; an error of it ends the program and is given back. Errors:
/// unavailable (cannot be started), too_large, deadline_exceeded, cancelled.
Result<int> run_command(const Context&, const Command&, const EachLine&,
                        const std::function<Result<>()>& watch = {});

}  // namespace granary
