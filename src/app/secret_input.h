#pragma once
/// A secret from standard input.

#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::app {

/// Without the end of its last line. From a terminal: `prompt` on standard error, then one line, not shown.
/// More than 64 KB are refused.
Result<std::string> read_secret(std::string_view prompt);

}  // namespace granary::app
