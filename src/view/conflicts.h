#pragma once
/// Names that own sources and public ones both have: what dependency confusion is made of. A repository gives
/// each package whole from the first of its sources that has it, so that one of them is never seen.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::view {

/// A source that has a package of that name now.
struct Claim {
  std::string source;
  model::SourceType type = model::SourceType::local;
  /// Oldest first, those of Archive too. Of a mirror of an index none are known until somebody asked for the
  /// project: its name alone is.
  std::vector<std::string> versions;
};

struct Conflict {
  std::string repository;
  std::string package;        // Python: normalised
  std::vector<Claim> claims;  // in order of subscription: the first is served, the others are not
};

/// By repository, then by package: names that a source of one's own and a mirror of the same repository have
/// as of `latest`. `repository`: only of that one, by name or id; Errc::not_found when there is none.
/// Everything is read from one state of the catalog: a statement per package of one's own.
Result<std::vector<Conflict>> find_conflicts(const Context&, catalog::Catalog&,
                                             std::optional<std::string_view> repository);

}  // namespace granary::view
