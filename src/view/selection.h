#pragma once
/// Packages that somebody chose with all that they need, as they were at chosen moments: what goes into a
/// bundle (docs/adr/0021-bundles.md), and what is fetched ahead (docs/adr/0024-fetching-ahead.md).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "catalog/catalog.h"
#include "catalog/on_demand.h"
#include "python/target.h"

namespace granary::view {

struct Selection {
  std::vector<model::Source> sources;  // of one ecosystem; each package is taken from the first that has it
  /// R: names, or "R6@2.5.1" for one version of any day. Python: requirements (PEP 508). Empty: everything of
  /// the sources, but not of an index unless `whole_index`.
  std::vector<std::string> packages;
  std::vector<std::string>
      constraints{};  // Python: requirements that choose nothing, but limit what is chosen
  /// As it was just before each; absent: now. Not empty. Own packages: as they are now.
  std::vector<std::optional<Time>> moments;
  std::vector<std::string> trees{};  // of mirrored R packages
  std::size_t newest = 1;    // versions of each; 0: all. Own packages: the newest, all if there is no name
  bool dependencies = true;  // with all that they need
  /// With records that name nothing else. Else for files alone: nothing is asked of upstream just to describe
  /// them.
  bool records = true;
  bool whole_index = false;  // an empty `packages` means all projects of an index too
  bool strict = true;        // a package that was chosen by name and is in no source is an error, not a gap
  python::Target target{};   // only what it takes, and what is needed there
};

struct Selected {
  model::SourceId source;
  std::string tree, package;
  std::string record;  // as MirrorRecord::bytes, of the chosen versions alone; empty: a package of one's own
  std::vector<model::FileRecord> files;
};
using EachSelected = std::function<Result<>(const Selected&)>;

/// The lines of Requires-Dist of a mirrored file; absent when nobody says before the file is unpacked.
using RequirementsOf =
    std::function<Result<std::optional<std::vector<std::string>>>(const Context&, const model::FileRecord&)>;

/// Needed, but in none of the sources; or without a word on what they need themselves.
struct Gaps {
  std::vector<std::string> missing, unread;
};

/// Calls `each` for every package, of Python after all is known. Asks upstreams for what is not known yet.
/// Memory: the names and versions of the chosen packages. Errors: not_found for a package that was chosen by
/// name and is in no source (see `strict`), invalid_argument.
Result<Gaps> select(const Context&, catalog::Catalog&, catalog::OnDemand*, const Selection&,
                    const RequirementsOf&, const EachSelected& each);

/// The trees of packages in source of the sources: of Bioconductor those of the newest release that is known.
Result<std::vector<std::string>> source_trees(const Context&, catalog::Catalog&,
                                              const std::vector<model::Source>& sources);

/// Every file that a mirror ever knew of a package: what a selection named is among them.
Result<> for_each_file_of(const Context&, catalog::Catalog&, const model::Source&, const std::string& tree,
                          const std::string& package,
                          const std::function<void(const model::FileRecord&)>& each);

}  // namespace granary::view
