#pragma once
/// The histories of one's own sources in memory: which transactions there were, and at which of them each
/// package changed. With them any snapshot of a source is resolved, any name denied, and any page named by
/// the last change of its package, without a question to the database. A source takes about 100 bytes for
/// each package and 16 for each change of one.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "catalog/catalog.h"
#include "model/types.h"

namespace granary::view {

/// Of sources that are model::is_own(). A history is read at the first question, and after a change only what
/// is newer. Safe for concurrent use.
class OwnSources {
 public:
  explicit OwnSources(std::shared_ptr<catalog::Catalog> catalog) : catalog_(std::move(catalog)) {}

  /// The last transaction that the snapshot shows, 0 when there is none: as ReadView::resolve, in a state not
  /// older than the last change that was heard. Not for pinned snapshots.
  Result<model::TxNo> resolve(const Context&, model::SourceId, const model::SnapshotRef&);

  /// The last transaction up to `at` that touched the package; 0 when the source had no file of it then.
  /// `at` is a number of the source that somebody has seen.
  Result<model::TxNo> last_change(const Context&, model::SourceId, model::TxNo at, std::string_view package);

  /// Every package with a file at `at`, which somebody has seen, in no order.
  Result<> append_names(const Context&, model::SourceId, model::TxNo at, std::vector<std::string>& names);
  /// For whoever is about to deny the package at the latest state that he could get: when a change was heard
  /// that may have brought it, that is read, or the failure says why it cannot be. Errc::unavailable when the
  /// package has come meanwhile.
  Result<> be_sure(const Context&, model::SourceId, std::string_view package);
  /// Some source has a transaction of this number or a later one. False: none that is in memory.
  bool reached(model::TxNo number);

  /// Asks the database whether there is more than was heard of.
  Result<> look(const Context&, model::SourceId);

  /// What db::Database::on_change says. Before anybody is told that what he knows is out of date.
  void heard(std::span<const std::int64_t> topics);
  /// Forgets the sources of which `exists` says no.
  void keep(const std::function<bool(model::SourceId)>& exists);

 private:
  struct Change {
    model::TxNo at;
    std::int64_t files = 0;  // that the package has from then on
  };
  struct Names {  // so that a name is looked up without a copy of it
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct Past {
    std::vector<catalog::Moment> moments;
    std::unordered_map<std::string, std::vector<Change>, Names, std::equal_to<>> packages;
    model::TxNo upto() const { return moments.empty() ? model::TxNo{} : moments.back().number; }
  };
  struct History {
    std::timed_mutex reading;               // held while one caller asks the database
    std::atomic<std::uint64_t> wanted = 1;  // changes heard of
    std::mutex mutex;                       // never held while waiting for anything; of the rest
    std::uint64_t known = 0;                // of the changes those that were before the last reading
    // By the change that was heard last: shards of packages, and all of them (0: none).
    std::map<std::size_t, std::uint64_t> unread;
    std::uint64_t unread_all = 0;
    Past past;
  };
  using Shared = std::shared_ptr<History>;
  struct News;

  Shared history_of(model::SourceId source);
  /// Until what was heard is known.
  Result<> advance(const Context&, model::SourceId, History&);
  /// With the past up to `at` known, its lock.
  Result<std::unique_lock<std::mutex>> up_to(const Context&, model::SourceId, History&, model::TxNo at);
  static const Change* find(const std::vector<Change>& changes, model::TxNo at);
  static void apply(Past&, News&&);

  std::shared_ptr<catalog::Catalog> catalog_;
  std::mutex mutex_;  // of the map; never held while waiting for anything
  std::map<std::int64_t, Shared> histories_;
};

}  // namespace granary::view
