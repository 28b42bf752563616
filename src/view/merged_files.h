#pragma once
/// The files that a repository shows of its sources together: a package belongs to the first that has it.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "catalog/catalog.h"
#include "view/r_trees.h"
#include "view/views.h"

namespace granary::view {

/// A mirror of R packages.
inline bool shows_trees(const model::Pin& pin) noexcept {
  return pin.type == model::SourceType::cran || pin.type == model::SourceType::bioconductor;
}

/// For each pin that shows trees its own; null for other sources.
struct Trees {
  std::vector<RTrees::Shared> shown;
  /// Where binaries are shown: their sources, which say too whose a name is. Empty when that is the same.
  std::vector<RTrees::Shared> sources;
};

/// Of snapshots without an index, whose files are those of one source (Projects). Safe for concurrent use.
class MergedFiles {
 public:
  /// `trees` outlives it.
  MergedFiles(std::shared_ptr<catalog::Catalog> catalog, RTrees& trees)
      : catalog_(std::move(catalog)), trees_(&trees) {}

  /// As Views has them.
  Result<std::vector<model::FileRecord>> files(const Context&, const Snapshot&, std::string_view package);
  Result<std::optional<model::FileRecord>> find_file(const Context&, const Snapshot&,
                                                     std::string_view package, std::string_view filename);
  Result<> for_each_package(const Context&, const Snapshot&,
                            const std::function<Result<>(const model::FileRecord&)>& own,
                            const EachMirrored& mirrored);

  /// Not from within a read of the catalog, which they are read from.
  Result<Trees> trees_of(const Context&, const Snapshot&);

 private:
  std::shared_ptr<catalog::Catalog> catalog_;
  RTrees* trees_;
};

}  // namespace granary::view
