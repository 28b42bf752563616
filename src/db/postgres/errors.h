#pragma once
/// PostgreSQL's errors as ours: https://www.postgresql.org/docs/15/errcodes-appendix.html

#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::db {

/// `state`: five characters, or empty when the connection broke. `reason` is for operators.
tl::unexpected<Error> postgres_error(std::string_view state, std::string reason, std::string_view sql);

}  // namespace granary::db
