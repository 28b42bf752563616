#pragma once
/// One tree of R packages of a mirror in memory: the encoded record of each package.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/types.h"
#include "r/history.h"

namespace granary::view {

/// Values. Copies share the records.
struct RTree {
  struct Package {
    std::string_view name;  // within `record`
    std::shared_ptr<const std::string> record;
  };
  std::vector<Package> packages;  // by name
  model::TxNo newest_record;      // the highest number that any of them begins or ended with
  model::TxNo known_at;           // the last transaction of the source when it was read
  std::string epoch;              // catalog::kCleared then

  /// Null when there is none.
  const Package* find(std::string_view name) const noexcept;
};

/// One package of a tree at a moment of upstream's history.
class RPackageView {
 public:
  /// False when upstream had no version of it before `until`. `package` must outlive this; used again, it
  /// allocates little. A record that is damaged is an error.
  Result<bool> load(const RTree::Package& package, std::optional<Time> until);

  const r::HistoryView& history() const noexcept { return history_; }
  /// Indexes of versions: listed in PACKAGES; and every other one that was published, oldest first, which is
  /// worked out when it is asked for.
  const std::vector<std::size_t>& current() const noexcept { return current_; }
  const std::vector<std::size_t>& archived();

 private:
  r::HistoryView history_;
  std::optional<Time> until_;
  std::vector<std::size_t> current_, archived_;
  bool archived_known_ = false;
};

/// {package}_{version}.tar.gz or what it is called.
std::string file_name_of(const r::HistoryView& history, std::size_t version);
model::FileRecord file_record(model::SourceId source, std::string_view tree, const r::HistoryView& history,
                              std::size_t version, bool archived);
/// Of all versions: archived ones first.
std::vector<model::FileRecord> file_records(model::SourceId source, std::string_view tree,
                                            RPackageView& package);

}  // namespace granary::view
