#pragma once
/// All rows and all bytes of one pair of a database and a store into another.

#include "base/context.h"
#include "base/result.h"
#include "cli/transfer.h"
#include "config/settings.h"

namespace granary::app {

/// Goes on where an earlier call ended. `to` holds what `from` holds when it returns without an error and
/// without problems: rows were compared, every byte that was copied was read again. What both have in common,
/// the database or the store, stays as it is and is not read through.
Result<cli::Transferred> transfer(const Context&, const cli::Transfer&, const config::Environment&,
                                  const cli::Transfer::Progress&);

}  // namespace granary::app
