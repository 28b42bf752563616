#pragma once
/// What goes into a bundle (docs/adr/0021-bundles.md): the packages that were chosen with what they need, as
/// they were at chosen moments, as records that name nothing else.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "catalog/catalog.h"
#include "catalog/on_demand.h"
#include "python/version.h"

namespace granary::view {

struct BundleRequest {
  std::vector<model::Source> sources;  // of one ecosystem; each package is taken from the first that has it
  /// R: names. Python: requirements (PEP 508). Empty: everything of the sources, but not of an index.
  std::vector<std::string> packages;
  /// As it was just before each; absent: now. Not empty. Own packages: as they are now.
  std::vector<std::optional<Time>> moments;
  std::vector<std::string> trees;                   // of mirrored R packages
  bool dependencies = true;                         // with all that they need
  std::optional<python::Version> python_version{};  // only what this Python takes
};

struct BundleItem {
  model::SourceId source;
  std::string tree, package;
  std::string record;  // as MirrorRecord::bytes, of the chosen versions alone; empty: a package of one's own
  std::vector<model::FileRecord> files;
};

/// The lines of Requires-Dist of a mirrored file; absent when nobody says before the file is unpacked.
using RequirementsOf =
    std::function<Result<std::optional<std::vector<std::string>>>(const Context&, const model::FileRecord&)>;

/// Needed, but in none of the sources; or without a word on what they need themselves.
struct BundleGaps {
  std::vector<std::string> missing, unread;
};

/// Calls `each` for every package, after all is known. Asks upstreams for what is not known yet. Memory: the
/// names and versions of the chosen packages. Errors: not_found for a package that was chosen by name and is
/// in no source, invalid_argument.
Result<BundleGaps> plan_bundle(const Context&, catalog::Catalog&, catalog::OnDemand*, const BundleRequest&,
                               const RequirementsOf&, const std::function<Result<>(const BundleItem&)>& each);

/// Every file that a mirror ever knew of a package: what a plan named is among them.
Result<> for_each_file_of(const Context&, catalog::Catalog&, const model::Source&, const std::string& tree,
                          const std::string& package,
                          const std::function<void(const model::FileRecord&)>& each);

}  // namespace granary::view
