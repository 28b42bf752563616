#pragma once
/// Packages that a user chooses on the command line, by name or by a file of requirements or a lockfile: what
/// `export` writes to a bundle and what `fetch` fetches ahead.

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/endpoint.h"
#include "cli/session.h"

namespace granary::cli {

/// The flags of a choice, for both commands.
std::vector<FlagSpec> choice_flags();

struct PackageChoice {
  std::vector<std::string> packages, constraints;
  std::vector<std::string> skipped;  // in a file, but in no repository: folders, git, URLs
  bool locked = false;               // a lockfile names all that is needed
};

/// Of --package, --requirements or --lockfile; without any of them nothing is chosen by name. Errors name the
/// file and its line.
Result<PackageChoice> read_choice(const Arguments& args);
/// Adds all fields of a choice to the body of a request: those of api/package_choice.h.
void add_choice(Body& body, const Arguments& args, const PackageChoice& choice);
/// Says what was left out.
void warn_of_skipped(Session& session, const PackageChoice& choice);

}  // namespace granary::cli
