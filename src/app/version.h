#pragma once
/// What this build is. GRANARY_VERSION comes from CMake's project().

#include <string_view>

namespace granary::app {

inline constexpr std::string_view kVersion = GRANARY_VERSION;
/// YYYY-MM-DD, of the commit when it is known (SOURCE_DATE_EPOCH), so that builds can be repeated.
std::string_view build_date() noexcept;

}  // namespace granary::app
