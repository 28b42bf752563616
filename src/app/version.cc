#include "app/version.h"

namespace granary::app {

std::string_view build_date() noexcept { return GRANARY_BUILD_DATE; }

}  // namespace granary::app
