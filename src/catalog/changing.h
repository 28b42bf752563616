#pragma once
/// The WriteView: changes, and what they announce.

#include <map>
#include <set>
#include <string>

#include "catalog/mirror_changes.h"
#include "catalog/reading.h"

namespace granary::catalog {

/// One call of Catalog::write.
class Changing final : public Reading<WriteView> {
 public:
  Changing(db::WriteSession& session, const Clock& clock)
      : Reading(session), session_(&session), clock_(&clock), mirroring_(session, *this) {}

  Result<model::SourceId> create_source(const model::Source& source) override;
  Result<> update_source(model::SourceId id, std::string_view name, std::string_view description) override;
  Result<> set_upstream(model::SourceId id, const model::Upstream& upstream) override;
  Result<> set_frozen(model::SourceId id, model::SourceId of, std::chrono::sys_days at) override;
  Result<> delete_source(model::SourceId id) override;
  Result<Erased> erase(model::SourceId id, const SlicePlace& from, const SliceSize& size) override;
  Result<model::RepoId> create_repository(const model::Repository& repository) override;
  Result<> update_repository(const model::Repository& repository) override;
  Result<> delete_repository(model::RepoId id) override;
  Result<> set_subscriptions(model::RepoId id, std::span<const model::SourceId> sources) override;
  Result<model::TxNo> begin_transaction(model::SourceId source, model::TxKind kind, std::string_view actor,
                                        std::string_view comment) override;
  Result<model::FileId> add_file(const model::FileRecord& file) override;
  Result<> end_file(model::FileId id, model::TxNo in) override;
  Result<> stored_again(const Digest& digest, std::int64_t after) override;
  Result<Removing> begin_removal(std::span<const Digest> blobs) override;
  Result<> end_removal(std::int64_t number, const Digest& digest, bool gone) override;
  Result<> forget_removals(Time before) override;
  MirrorWrites& mirroring() override { return mirroring_; }
  Result<> add_pinned(model::RepoId repository, std::string_view id, std::string_view pins) override;

  /// A transaction that says from when on it changes upstream's history.
  Result<model::TxNo> begin(model::SourceId source, model::TxKind kind, std::int64_t affects_from,
                            std::string_view actor, std::string_view comment);
  /// The next number, and its time. Excludes other writers until the commit.
  Result<std::pair<std::int64_t, std::int64_t>> next_number();
  void touched(model::TxNo transaction, std::string what);

  /// Once, after the work: how many files each transaction touched.
  Result<> finish();

 private:
  using Touched = std::set<std::pair<std::int64_t, std::string>>;  // transaction, file name

  Result<> set_options(const model::Source& source);
  Result<std::optional<std::int64_t>> store_metadata(const model::FileRecord& file);
  Result<> check_free(std::string_view table, std::string_view sql, std::string_view name, std::int64_t but);

  db::WriteSession* session_;
  const Clock* clock_;
  std::map<std::int64_t, std::int64_t> begun_;  // transaction to its source
  Touched touched_;
  MirrorChanges mirroring_;
};

}  // namespace granary::catalog
