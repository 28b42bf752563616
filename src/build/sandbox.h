#pragma once
/// Runs programs of others: with bubblewrap in namespaces of their own, where the system can only be read,
/// the server's folders and processes are not there, and nothing can be written but what is named; with
/// limits in any case. docs/adr/0029-builds-from-git.md

#include <cstdint>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/subprocess.h"

namespace granary::build {

struct SandboxSettings {
  std::string bubblewrap = "bwrap";  // the program; empty: there is none
  bool allow_unsandboxed = false;
  /// Folders and files of the server, which nobody sees in there wherever they lie.
  std::vector<std::string> hidden{};
};

struct Limits {
  std::chrono::seconds time{std::chrono::minutes(30)};  // of one program, and of its processor time
  std::uint64_t memory = std::uint64_t{4} << 30;        // of each of its processes
  std::uint64_t file = std::uint64_t{2} << 30;          // of each file that it writes
  std::uint64_t disk = std::uint64_t{4} << 30;          // of the whole work folder
  int processes = 1024;
};

/// What runs in there. Paths are the same inside and outside.
struct Program {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string folder;                 // where it runs
  std::vector<std::string> writable;  // folders and files
  std::vector<std::string> readable;  // further ones beside the system
  std::string temporary;              // a writable folder that is /tmp in there
  bool network = false;
};

class Sandbox {
 public:
  /// Tries it. Errc::unsupported says what to do when this machine does not let it and it was not allowed to
  /// go without.
  static Result<Sandbox> open(const Context&, SandboxSettings settings);

  bool closed() const noexcept { return closed_; }
  /// Whether it is one of the server's folders or files, lies in one, or has one in it.
  bool is_of_server(const std::string& path) const;
  /// Errc::permission_denied for a path of the server.
  Result<> check_may_see(const std::string& path) const;
  /// As run_command takes it.
  Command command(const Program&, const Limits&) const;

 private:
  Sandbox(SandboxSettings settings, bool closed) : settings_(std::move(settings)), closed_(closed) {}
  SandboxSettings settings_;
  bool closed_;
};

}  // namespace granary::build
