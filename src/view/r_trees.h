#pragma once
/// The trees of R packages of mirrors, read once and then advanced record by record.

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/context.h"
#include "catalog/catalog.h"
#include "view/r_tree.h"

namespace granary::view {

/// Safe for concurrent use. All of CRAN takes some 100 MB; states at older numbers share what did not change.
class RTrees {
 public:
  using Shared = std::shared_ptr<const RTree>;
  explicit RTrees(std::shared_ptr<catalog::Catalog> catalog) : catalog_(std::move(catalog)) {}

  /// The tree that a pin of a mirror shows, of which Pin::until is for the reader to heed. Empty when it was
  /// never read from upstream (catalog::OnDemand::want_tree).
  Result<Shared> get(const Context&, const model::Pin& pin, std::string_view tree);

 private:
  struct Slot {
    std::mutex loading;
    Shared newest;                                    // under RTrees::mutex_
    std::list<std::pair<model::TxNo, Shared>> older;  // under `loading`; used last in front
  };
  std::shared_ptr<Slot> slot(model::SourceId source, std::string_view tree);
  Result<Shared> newest(const Context&, Slot&, const model::Pin&, std::string_view tree);
  Result<Shared> older(const Context&, Slot&, const model::Pin&, std::string_view tree, const RTree& newest);

  std::shared_ptr<catalog::Catalog> catalog_;
  std::mutex mutex_;
  std::map<std::pair<std::int64_t, std::string>, std::shared_ptr<Slot>> slots_;
};

}  // namespace granary::view
