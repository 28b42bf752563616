#pragma once
/// PostgreSQL's errors as ours: https://www.postgresql.org/docs/15/errcodes-appendix.html

#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::db {

/// `state`: five characters, or empty when the connection broke. `reason` is for operators.
tl::unexpected<Error> postgres_error(std::string_view state, std::string reason, std::string_view sql);

/// Why there is no connection, from what libpq says with PQERRORS_VERBOSE, which holds the state, that it
/// gives in no other way: "... FATAL:  53300: too many connections\nLOCATION:  ...". Without one the server
/// was not reached. Always Errc::unavailable.
tl::unexpected<Error> login_error(std::string_view said);

/// The server has no connection left: for this user, for this database, or at all.
bool is_full(const Error&);

}  // namespace granary::db
