#pragma once
/// What a server has without being told: [Repos] CRAN = cran.

#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

struct DefaultRepository {
  std::string name;  // of the repository and of its source; empty: none
  model::SourceType type = model::SourceType::cran;
  bool authenticated = false;
};
/// Makes the source, the repository and its subscription in one transaction, so that any number of nodes may
/// start at once. A repository of that name that is there is left as it is, whatever it shows. True when it
/// was made. Errors: invalid_argument for a name that is none, conflict when a source of that name has
/// another type.
Result<bool> make_default_repository(const Parts&, const Context&, const DefaultRepository&);

}  // namespace granary::mirror
