#pragma once
/// What sources, repositories and packages exist, and did at any time. No bytes of packages here.
///
/// A source's history is a set of (file, added_in, gone_in) intervals over transaction numbers; a snapshot is
/// a number, costs nothing, and never changes: see docs/adr/0003-snapshots-as-intervals.md. Written once over
/// db::Database, for both dialects; passes catalog/testing/catalog_suite.h on both.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "catalog/history.h"
#include "catalog/mirror.h"
#include "catalog/remnants.h"
#include "catalog/removals.h"
#include "db/database.h"
#include "model/types.h"

namespace granary::catalog {

/// The topic of db::Database::on_change for sources is their id; this one is for everything else here
/// (repositories, subscriptions, sources made or deleted). A transaction of one's own source comes with the
/// project_topic of every package that it touches: beside those its id says only that there is a newer
/// transaction. Negative topics are not the catalog's.
inline constexpr std::int64_t kConfigurationTopic = 0;

/// Sees one consistent state. One thread, inside one call of Catalog::read or write.
class ReadView {
 public:
  virtual ~ReadView() = default;

  virtual Result<std::vector<model::Source>> sources() = 0;           // by name
  virtual Result<std::vector<model::Repository>> repositories() = 0;  // by name
  /// By name or, made of digits, by id.
  virtual Result<std::optional<model::Source>> find_source(std::string_view name_or_id) = 0;
  virtual Result<std::optional<model::Repository>> find_repository(std::string_view name_or_id) = 0;

  /// The last transaction of `source` that the snapshot shows; 0 when there is none yet.
  virtual Result<model::TxNo> resolve(model::SourceId, const model::SnapshotRef&) = 0;
  /// Newest first, below `before` when it is not 0.
  virtual Result<std::vector<model::Transaction>> transactions(model::SourceId, model::TxNo before,
                                                               std::uint32_t limit) = 0;

  /// The transactions of `source` with a number of at least `from`, in order, `limit` at most.
  virtual Result<std::vector<Moment>> moments(model::SourceId, model::TxNo from, std::uint32_t limit) = 0;
  /// What came and went after the transaction `after` (0: ever), in no order. Not for mirrors.
  virtual Result<> for_each_package_change(model::SourceId, model::TxNo after,
                                           const EachPackageChange& each) = 0;

  /// Names of packages with a file visible at `at`, sorted bytewise, after page.after.
  virtual Result<std::vector<std::string>> packages(model::SourceId, model::TxNo at, const model::Page&) = 0;
  virtual Result<bool> has_package(model::SourceId, model::TxNo at, std::string_view package) = 0;
  /// Every file of a package visible at `at`, in order of upload.
  virtual Result<std::vector<model::FileRecord>> files(model::SourceId, model::TxNo at,
                                                       std::string_view package) = 0;
  virtual Result<std::optional<model::FileRecord>> find_file(model::SourceId, model::TxNo at,
                                                             std::string_view filename) = 0;
  /// Every interval of a file name, ended or not, oldest first.
  virtual Result<std::vector<model::FileRecord>> history(model::SourceId, std::string_view filename) = 0;
  /// The name of a package visible at `at` that differs from `package` only by the case of ASCII letters.
  virtual Result<std::optional<std::string>> find_other_case(model::SourceId, model::TxNo at,
                                                             std::string_view package) = 0;
  /// Every visible file, sorted by package, then in order of upload. Streams: memory does not grow with the
  /// source.
  virtual Result<> for_each_file(model::SourceId, model::TxNo at,
                                 const std::function<Result<>(const model::FileRecord&)>& each) = 0;
  /// True when an interval of any source, ended or not, or a held file names the blob. For the collector.
  virtual Result<bool> blob_is_named(const Digest&) = 0;
  /// Whether the collector removes the blob, or has done so of late.
  virtual Result<std::optional<Removal>> removal(const Digest&) = 0;
  virtual Result<std::vector<UnderWay>> removals_under_way() = 0;
  /// Deleted sources of which rows are left: nothing else here shows them but by their id.
  virtual Result<std::vector<model::SourceId>> remnants() = 0;
  /// Every interval of every source, ended or not. For verify.
  virtual Result<> for_each_interval(const std::function<Result<>(const model::FileRecord&)>& each) = 0;

  /// What is known of upstreams. Valid as long as this view.
  virtual MirrorReads& mirrors() = 0;
  /// The pins behind the identifier of a repository's pinned snapshot (view/pinned.h reads them).
  virtual Result<std::optional<std::string>> find_pinned(model::RepoId, std::string_view id) = 0;
};

/// A ReadView that sees its own changes, and changes. All or nothing with the call of Catalog::write that
/// gave it.
class WriteView : public ReadView {
 public:
  /// Errc::conflict when the name is taken.
  virtual Result<model::SourceId> create_source(const model::Source&) = 0;
  virtual Result<> update_source(model::SourceId, std::string_view name, std::string_view description) = 0;
  /// Where a mirror gets its packages; what a cran-snapshot shows.
  virtual Result<> set_upstream(model::SourceId, const model::Upstream&) = 0;
  virtual Result<> set_frozen(model::SourceId, model::SourceId of, std::chrono::sys_days at) = 0;
  /// With its whole history. Errc::conflict while a repository subscribes to it. Of a large one rows stay,
  /// which erase() takes away: see remnants().
  virtual Result<> delete_source(model::SourceId) = 0;
  /// A slice of a remnant.
  virtual Result<Erased> erase(model::SourceId, const SlicePlace& from, const SliceSize&) = 0;

  virtual Result<model::RepoId> create_repository(const model::Repository&) = 0;  // sources are ignored
  /// The one of that id: all but its type and its sources.
  virtual Result<> update_repository(const model::Repository&) = 0;
  virtual Result<> delete_repository(model::RepoId) = 0;
  /// The whole ordered list: subscribe, unsubscribe and reorder are all this.
  virtual Result<> set_subscriptions(model::RepoId, std::span<const model::SourceId>) = 0;

  /// Takes the next number of the server and stamps it, never earlier than the one before. Writers of all
  /// nodes wait for each other here until commit: call it last but for the changes that need it.
  virtual Result<model::TxNo> begin_transaction(model::SourceId, model::TxKind, std::string_view actor,
                                                std::string_view comment) = 0;
  /// `file.added_in` is the transaction just begun. The id is given. Errc::conflict when the name is visible
  /// already; not_found when the collector removes the bytes, or did: store_and_name.
  virtual Result<model::FileId> add_file(const model::FileRecord& file) = 0;
  /// Ends an interval: the file is gone from `in` on.
  virtual Result<> end_file(model::FileId, model::TxNo in) = 0;

  /// Before a row of it: these bytes were stored after that removal.
  virtual Result<> stored_again(const Digest&, std::int64_t after) = 0;
  /// For the collector: marks those that no row names and nobody removes already.
  virtual Result<Removing> begin_removal(std::span<const Digest>) = 0;
  /// The bytes are `gone`, or stay.
  virtual Result<> end_removal(std::int64_t number, const Digest&, bool gone) = 0;
  /// Of removals begun before: nobody who stored such bytes still waits for a row.
  virtual Result<> forget_removals(Time before) = 0;

  virtual MirrorWrites& mirroring() = 0;
  /// The same pins again are success.
  virtual Result<> add_pinned(model::RepoId, std::string_view id, std::string_view pins) = 0;
};

/// Safe for concurrent use. Errors are those of db::Database.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<> read(const Context&, const std::function<Result<>(ReadView&)>& work) = 0;
  /// The rules of db::Database::write hold: short, and free of other effects.
  virtual Result<> write(const Context&, const std::function<Result<>(WriteView&)>& work) = 0;
};

std::unique_ptr<Catalog> make_catalog(std::shared_ptr<db::Database>, std::shared_ptr<const Clock>);
std::span<const db::Migration> migrations();

}  // namespace granary::catalog
