#pragma once
/// The R and the Python that packages are built with: those of the settings, or those that this machine has.

#include <string>
#include <vector>

#include "base/context.h"
#include "build/sandbox.h"
#include "model/types.h"

namespace granary::build {

struct ToolSettings {
  std::string r{};             // Server.RVersion: the folder of an installation, or the program; empty: any
  std::string python{};        // Server.PythonVersion
  std::string home{};          // of the server's user: not a folder of tools, for it holds their secrets
  std::string python_index{};  // Git.PythonIndexURL: where isolated builds get what they need; empty: nowhere
};

struct Tool {
  std::string program;               // absolute
  std::vector<std::string> folders;  // what it needs beside the system
};

/// R, or a Python with the module `build`. Errc::unsupported with what to install or to set; also when builds
/// would see what is the server's or a whole home through the folders that it needs.
Result<Tool> find_tool(const Context&, const Sandbox&, const ToolSettings&, model::Ecosystem);

}  // namespace granary::build
