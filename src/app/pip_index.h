#pragma once
/// The Python index that this machine's pip uses.

#include <string>

#include "base/context.h"

namespace granary::app {

/// PIP_INDEX_URL, else what pip's configuration says, else its own default; all as pip itself says it.
/// Without the
/// '/' at its end. Errc::unavailable when there is no pip to ask: the hint names the setting.
Result<std::string> pip_index_url(const Context&);

}  // namespace granary::app
