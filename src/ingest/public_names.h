#pragma once
/// What is said to who publishes a package under a name that a public one has too: a repository, or a client
/// that asks several, might give the other one.

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::ingest {

/// A warning for each mirror of this server whose upstream has a package of that name. `own`: where it is
/// published. `name` as its author spells it, `package` as sources know it.
Result<std::vector<std::string>> public_name_warnings(catalog::ReadView&, const model::Source& own,
                                                      std::string_view package, std::string_view name);

}  // namespace granary::ingest
