#pragma once
/// What migrations look like in each dialect.

#include <span>
#include <string>

#include "db/database.h"

namespace granary::db {

/// The table that says which were applied.
std::string_view bookkeeping_sql(Dialect dialect) noexcept;
/// {id}, {bytes} and {text} replaced.
std::string in_dialect(std::string_view sql, Dialect dialect);

/// Applies those that are missing, in a transaction each. `run` executes several statements without results.
/// The caller holds the lock against other processes; `session` is the same connection. Names that this
/// program does not know are of a newer one, and fine: migrations only expand.
Result<> apply_missing(Session& session, const std::function<Result<>(const std::string& sql)>& run,
                       std::span<const Migration> migrations);

}  // namespace granary::db
