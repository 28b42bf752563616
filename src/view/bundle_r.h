#pragma once
/// Bundles of R packages. See bundle_plan.h.

#include <deque>
#include <set>
#include <string>

#include "view/bundle_plan.h"

namespace granary::view {

/// One call. One thread.
class RBundle {
 public:
  RBundle(catalog::Catalog& catalog, catalog::OnDemand* on_demand, const BundleRequest& request)
      : catalog_(&catalog), on_demand_(on_demand), request_(&request) {}
  Result<BundleGaps> run(const Context&, const std::function<Result<>(const BundleItem&)>& each);

 private:
  using Items = std::vector<BundleItem>;

  Result<> choose_all(const Context&);
  void want(const std::string& package);
  /// Of the first source that has the package; empty when none has.
  Result<Items> find(const Context&, const std::string& package);
  Result<Items> find_mirrored(const Context&, const model::Source&, const std::string& package);
  Result<std::optional<BundleItem>> in_tree(const Context&, const model::Source&, const std::string& tree,
                                            const std::string& package);

  catalog::Catalog* catalog_;
  catalog::OnDemand* on_demand_;
  const BundleRequest* request_;
  std::set<std::string> seen_;
  std::deque<std::string> queue_;
};

}  // namespace granary::view
