#include "cli/package_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "python/lock_file.h"
#include "python/requirements_file.h"
#include "r/renv_lock.h"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLongestFile = 64 << 20;
constexpr std::size_t kMostFiles = 100;

/// "requests>=2,<3, numpy": a part that begins with a comparison belongs to the one before it.
std::vector<std::string> requirement_list(std::string_view text) {
  std::vector<std::string> out;
  for (auto& part : comma_list(text)) {
    const bool in_extras = !out.empty() && std::count(out.back().begin(), out.back().end(), '[') >
                                               std::count(out.back().begin(), out.back().end(), ']');
    if (!out.empty() && (in_extras || part.find_first_of("<>=!~") == 0)) {
      out.back() += "," + part;
    } else {
      out.push_back(std::move(part));
    }
  }
  return out;
}

tl::unexpected<Error> in_file(const std::string& path, const Error& error) {
  return fail(error.code(), fmt::format("{}: {}", path, error.message()), error.hint());
}

/// A file with those that it names, each once.
class RequirementsFiles {
 public:
  Result<PackageChoice> read(const std::string& path) {
    TRY(read_one(path, false));
    return std::move(out_);
  }

 private:
  Result<> read_one(const fs::path& path, bool constraints) {
    if (std::find(seen_.begin(), seen_.end(), path.lexically_normal()) != seen_.end()) return {};
    if (seen_.size() == kMostFiles)
      return fail(Errc::too_large, path.string() + ": more than 100 files name each other");
    seen_.push_back(path.lexically_normal());
    const auto text = TRY(read_file(path.string(), kLongestFile));
    const auto file = python::parse_requirements_file(text);
    if (!file) return in_file(path.string(), file.error());
    auto& to = constraints ? out_.constraints : out_.packages;
    to.insert(to.end(), file->requirements.begin(), file->requirements.end());
    out_.skipped.insert(out_.skipped.end(), file->skipped.begin(), file->skipped.end());
    for (const auto& name : file->files) TRY(read_named(path, name, constraints));
    for (const auto& name : file->constraints) TRY(read_named(path, name, true));
    return {};
  }
  Result<> read_named(const fs::path& by, const std::string& name, bool constraints) {
    if (name.find("://") != name.npos)
      return fail(Errc::unsupported, fmt::format("{} names the file {}", by.string(), name),
                  "download it, and name the file here");
    return read_one(by.parent_path() / name, constraints);
  }

  std::vector<fs::path> seen_;
  PackageChoice out_;
};

Result<PackageChoice> read_lockfile(const std::string& path) {
  const auto text = TRY(read_file(path, kLongestFile));
  PackageChoice out;
  out.locked = true;
  if (text.find("\"Packages\"") != text.npos && trim(text).starts_with('{')) {
    auto lock = r::parse_renv_lock(text);
    if (!lock) return in_file(path, lock.error());
    out.packages = std::move(lock->packages);
    out.skipped = std::move(lock->skipped);
    return out;
  }
  auto lock = python::parse_lock_file(text);
  if (!lock) return in_file(path, lock.error());
  out.packages = std::move(lock->requirements);
  out.skipped = std::move(lock->skipped);
  return out;
}

}  // namespace

std::vector<FlagSpec> choice_flags() {
  return {{"--package", "NAMES",
           "with commas; of Python with versions: 'requests>=2.31,numpy'; of R also one version: R6@2.5.1"},
          {"--requirements", "FILE", "what a requirements.txt names, with the files that it names"},
          {"--lockfile", "FILE",
           "what it names and nothing else: renv.lock, poetry.lock, uv.lock, pylock.toml, Pipfile.lock"},
          {"--newest", "N", "of each package so many versions, and not only the newest"},
          {"--date", "DAYS", "as they were at the end of these days too, such as 2024-05-01"},
          {"--latest", "", "as they are now (on unless --latest=false)"},
          {"--tree", "PATHS", "of R: src/contrib, bin/windows/contrib/4.5, ... (sources)"},
          {"--no-dependencies", "", "without what they need"},
          {"--dependencies", "", "with all that they need (on unless --dependencies=false, or a lockfile)"},
          {"--python-version", "VERSION", "only what this Python takes, such as 3.11", false, "--python"},
          {"--platform", "NAMES",
           "only wheels that run there: linux_x86_64, musllinux_x86_64, win_amd64, macosx_arm64, ..."}};
}

Result<PackageChoice> read_choice(const Arguments& args) {
  const auto given = static_cast<int>(args.has("--package")) + static_cast<int>(args.has("--requirements")) +
                     static_cast<int>(args.has("--lockfile"));
  if (given > 1)
    return fail(Errc::invalid_argument, "give one of --package, --requirements and --lockfile",
                "they choose the same thing in different ways");
  PackageChoice out;
  if (args.has("--requirements")) {
    out = TRY(RequirementsFiles().read(args.value("--requirements")));
  } else if (args.has("--lockfile")) {
    out = TRY(read_lockfile(args.value("--lockfile")));
  } else {
    out.packages = requirement_list(args.value("--package"));
  }
  if (given == 1 && out.packages.empty())
    return fail(Errc::invalid_argument, "no package of a repository was named",
                "for example: --package dplyr,ggplot2");
  if (args.has("--newest") && parse_unsigned(args.value("--newest")).value_or(0) == 0)
    return fail(Errc::invalid_argument,
                fmt::format("--newest: '{}' is not a number from 1", args.value("--newest")),
                "leave it out for the newest version alone");
  return out;
}

void add_choice(Body& body, const Arguments& args, const PackageChoice& choice) {
  body.list("packages", choice.packages)
      .list("constraints", choice.constraints)
      .count("newest", "--newest")
      .list("dates", comma_list(args.value("--date")))
      .boolean("latest", "--latest")
      .list("trees", comma_list(args.value("--tree")))
      .text("python", "--python-version")
      .list("platforms", comma_list(args.value("--platform")));
  const bool without = args.on("--no-dependencies") || (choice.locked && !args.has("--dependencies"));
  without ? body.fact("dependencies", false) : body.boolean("dependencies", "--dependencies");
}

void warn_of_skipped(Session& session, const PackageChoice& choice) {
  for (const auto& name : choice.skipped)
    session.streams().err << fmt::format("warning  {} comes from no repository: it is left out\n", name);
}

}  // namespace granary::cli
