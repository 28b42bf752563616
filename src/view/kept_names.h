#pragma once
/// The names of sources in memory: those of each pin are read once, and kept while there is room.

#include <memory>
#include <string_view>

#include "base/context.h"
#include "catalog/catalog.h"
#include "view/made_once.h"
#include "view/names.h"
#include "view/own_sources.h"
#include "view/r_tree.h"

namespace granary::view {

/// Safe for concurrent use.
class KeptNames {
 public:
  /// `own` outlives it.
  KeptNames(std::shared_ptr<catalog::Catalog> catalog, OwnSources& own, std::size_t bytes)
      : catalog_(std::move(catalog)), own_(&own), names_(bytes) {}

  /// What the pin shows. `tree`: of a mirror of R packages, else null; `tree_name` tells it from the others
  /// of the source. `titled`: one's own sources, too, give titles, for which all of their files are read.
  Result<Names::Part> get(const Context&, const model::Pin&, std::string_view tree_name, const RTree* tree,
                          bool titled);

  /// Without the database: most requests for unknown names come from clients that ask every index for every
  /// name. False also of an index whose list was never read: any name may be there.
  bool lacks(const model::Pin&, std::string_view package);

 private:
  std::shared_ptr<catalog::Catalog> catalog_;
  OwnSources* own_;
  MadeOnce<SourceNames> names_;
};

}  // namespace granary::view
