#include "r/testing/rscript.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/testing/missing.h"

namespace granary::r {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  char chunk[4096];
  std::size_t n;
  while ((n = fread(chunk, 1, sizeof chunk, pipe)) > 0) outcome.output.append(chunk, n);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

}  // namespace

std::optional<std::string> run_rscript(const std::string& script, const std::vector<std::string>& arguments) {
  // Sanitizers preloaded into R would report R's own leaks.
  const std::string environment = "env -u LD_PRELOAD LC_ALL=C.UTF-8 TZ=UTC ";
  static const bool present = run("command -v Rscript").status == 0;
  if (!present) {
    missing("R did not judge: no Rscript (apt-get install r-base-core)");
    return std::nullopt;
  }
  const ScratchFolder folder;
  std::string command = environment + "Rscript --vanilla " + quoted(folder.write("script.R", script));
  for (const auto& argument : arguments) command += " " + quoted(argument);
  auto outcome = run(command + " 2>&1");
  if (outcome.status != 0) {
    ADD_FAILURE() << "the R script failed:\n" << outcome.output;
    return std::nullopt;
  }
  return std::move(outcome.output);
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "granary-r-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make a folder for the test";
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& bytes) const {
  const std::filesystem::path path = std::filesystem::path(path_) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path.string();
}

}  // namespace granary::r
