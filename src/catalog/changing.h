#pragma once
/// The WriteView: changes, and what they announce.

#include <map>
#include <set>
#include <string>

#include "catalog/reading.h"

namespace granary::catalog {

/// One call of Catalog::write.
class Changing final : public Reading<WriteView> {
 public:
  Changing(db::WriteSession& session, const Clock& clock)
      : Reading(session), session_(&session), clock_(&clock) {}

  Result<model::SourceId> create_source(const model::Source& source) override;
  Result<> update_source(model::SourceId id, std::string_view name, std::string_view description) override;
  Result<> delete_source(model::SourceId id) override;
  Result<model::RepoId> create_repository(const model::Repository& repository) override;
  Result<> update_repository(model::RepoId id, std::string_view name, std::string_view description,
                             bool authenticated) override;
  Result<> delete_repository(model::RepoId id) override;
  Result<> set_subscriptions(model::RepoId id, std::span<const model::SourceId> sources) override;
  Result<model::TxNo> begin_transaction(model::SourceId source, model::TxKind kind, std::string_view actor,
                                        std::string_view comment) override;
  Result<model::FileId> add_file(const model::FileRecord& file) override;
  Result<> end_file(model::FileId id, model::TxNo in) override;

  /// Once, after the work: how many files each transaction touched.
  Result<> finish();

 private:
  using Touched = std::set<std::pair<std::int64_t, std::string>>;  // transaction, file name

  Result<std::optional<std::int64_t>> store_metadata(const model::FileRecord& file);
  Result<> check_free(std::string_view table, std::string_view sql, std::string_view name, std::int64_t but);

  db::WriteSession* session_;
  const Clock* clock_;
  std::map<std::int64_t, std::int64_t> begun_;  // transaction to its source
  Touched touched_;
};

}  // namespace granary::catalog
