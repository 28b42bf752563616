#pragma once
/// A source of R packages with all of its trees: CRAN, Bioconductor, or one like them.

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

/// The tree src/contrib of CRAN, or config.yaml and the source trees of Bioconductor's release; and every
/// tree that was asked for since. A tree that upstream has no more stays as it was. What is wrong with one of
/// them does not stop the others.
Result<Synced> sync_r_source(const Parts&, const Context&, const model::Source&, const Progress&);

/// Trees that are fetched when they are asked for. Safe for concurrent use.
class RTreesOnDemand {
 public:
  explicit RTreesOnDemand(const Parts& parts) : parts_(parts) {}

  /// See catalog::OnDemand::want_tree.
  Result<> want(const Context&, model::SourceId, const std::string& tree);
  /// What is remembered of the source, or of all.
  void forget(std::optional<model::SourceId>);

 private:
  struct Entry {
    std::timed_mutex fetching;  // held by the one who asks upstream
    std::atomic<bool> known = false;
    bool was_known = false;                        // before it was forgotten
    std::optional<Time> absent_at;                 // upstream said that it has no such tree
    std::optional<std::pair<Time, Error>> failed;  // it could not be asked
  };
  std::shared_ptr<Entry> entry(model::SourceId source, const std::string& tree);

  const Parts& parts_;
  std::mutex mutex_;
  std::map<std::pair<std::int64_t, std::string>, std::shared_ptr<Entry>> entries_;
};

}  // namespace granary::mirror
