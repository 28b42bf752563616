#pragma once
/// When an older answer is better than none.

#include "base/result.h"

namespace granary {

/// The database, or an upstream, cannot be asked now: what was known before goes on.
inline bool is_away(const Error& error) noexcept {
  return error.code() == Errc::unavailable || error.code() == Errc::deadline_exceeded;
}

}  // namespace granary
