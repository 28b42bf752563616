#pragma once
/// Two bundles of one package as one record. Pure.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"

namespace granary::mirror {

/// Every version or file of both; what both have, and all else, is as the new one says. `known` may be empty.
/// Errc::corrupt for what is no record.
Result<std::string> merge_imported(model::Ecosystem ecosystem, std::string_view known,
                                   std::string_view brought);

}  // namespace granary::mirror
