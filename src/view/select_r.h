#pragma once
/// Selections of R packages. See selection.h.

#include <deque>
#include <map>
#include <set>
#include <string>

#include "view/selection.h"

namespace granary::view {

/// One call. One thread.
class RSelector {
 public:
  RSelector(catalog::Catalog& catalog, catalog::OnDemand* on_demand, const Selection& selection,
            const EachSelected& each)
      : catalog_(&catalog), on_demand_(on_demand), selection_(&selection), each_(&each) {}
  Result<Gaps> run(const Context&);

 private:
  using Items = std::vector<Selected>;

  Result<> choose_all(const Context&);
  void want(const std::string& package);
  Result<> take(const Context&, const std::string& package);
  /// Of the first source that has the package; empty when none has.
  Result<Items> find(const Context&, const std::string& package);
  Result<Items> find_mirrored(const Context&, const model::Source&, const std::string& package);
  Result<std::optional<Selected>> in_tree(const Context&, const model::Source&, const std::string& tree,
                                          const std::string& package);
  /// Empty: not by its version.
  std::string version_of(const std::string& package) const;

  catalog::Catalog* catalog_;
  catalog::OnDemand* on_demand_;
  const Selection* selection_;
  const EachSelected* each_;
  std::map<std::string, std::string> chosen_;  // by name, with the version where one was given
  std::set<std::string> seen_;
  std::deque<std::string> queue_;
  Gaps gaps_;
};

}  // namespace granary::view
