#pragma once
/// Which of two versions of a package is newer.

#include <compare>
#include <string_view>

#include "model/types.h"

namespace granary::view {

/// As PEP 440 orders them for Python, else as R does.
std::strong_ordering compare_versions(model::Ecosystem, std::string_view a, std::string_view b);

}  // namespace granary::view
