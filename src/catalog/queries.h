#pragma once
/// The SQL behind ReadView: one function per question, over any session.

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "db/database.h"
#include "model/types.h"

namespace granary::catalog {

/// files.gone_in of a file that is still there.
inline constexpr std::int64_t kStillThere = std::numeric_limits<std::int64_t>::max();

Result<std::vector<model::Source>> read_sources(db::Session&);
Result<std::vector<model::Repository>> read_repositories(db::Session&);
Result<std::optional<model::Source>> find_source(db::Session&, std::string_view name_or_id);
Result<std::optional<model::Repository>> find_repository(db::Session&, std::string_view name_or_id);

Result<model::TxNo> resolve(db::Session&, model::SourceId, const model::SnapshotRef&);
Result<std::vector<model::Transaction>> read_transactions(db::Session&, model::SourceId, model::TxNo before,
                                                          std::uint32_t limit);

Result<std::vector<std::string>> read_packages(db::Session&, model::SourceId, model::TxNo at,
                                               const model::Page&);
Result<bool> has_package(db::Session&, model::SourceId, model::TxNo at, std::string_view package);
Result<std::vector<model::FileRecord>> read_files(db::Session&, model::SourceId, model::TxNo at,
                                                  std::string_view package);
Result<std::optional<model::FileRecord>> find_file(db::Session&, model::SourceId, model::TxNo at,
                                                   std::string_view filename);
Result<std::vector<model::FileRecord>> read_history(db::Session&, model::SourceId, std::string_view filename);
Result<std::optional<std::string>> find_other_case(db::Session&, model::SourceId, model::TxNo at,
                                                   std::string_view package);
using EachFile = std::function<Result<>(const model::FileRecord&)>;
Result<> for_each_file(db::Session&, model::SourceId, model::TxNo at, const EachFile& each);
Result<> for_each_interval(db::Session&, const EachFile& each);
Result<bool> blob_is_named(db::Session&, const Digest&);
Result<std::optional<Removal>> find_removal(db::Session&, const Digest&);
Result<std::vector<UnderWay>> read_removals(db::Session&);
Result<std::optional<std::string>> find_pinned(db::Session&, model::RepoId, std::string_view id);

}  // namespace granary::catalog
