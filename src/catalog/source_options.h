#pragma once
/// What only some types of sources have, as the JSON text of one column.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"

namespace granary::catalog {

/// Empty when the source has none of them.
std::string options_text(const model::Source& source);
/// Sets upstream, frozen_at and frozen_of. Members that this version does not know are left out.
Result<> read_options(std::string_view text, model::Source& source);

}  // namespace granary::catalog
