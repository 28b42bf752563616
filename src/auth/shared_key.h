#pragma once
/// One encryption key for all nodes of a database: the database remembers the fingerprint of the first key it
/// was used with.

#include "base/context.h"
#include "db/database.h"

namespace granary::auth {

/// Compares `fingerprint` (empty: this node has no key) with the one that the database remembers, and has it
/// remember the first. Errc::conflict when they differ, or when only the database has one. `replace`: the
/// database is to forget its own instead: the operator has changed the key.
Result<> check_shared_key(const Context&, db::Database&, std::string_view fingerprint, bool replace);

}  // namespace granary::auth
