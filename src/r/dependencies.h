#pragma once
/// What an R package needs to be installed.

#include <string>
#include <string_view>
#include <vector>

namespace granary::r {

/// Names in Depends, Imports and LinkingTo of a DESCRIPTION or a row of PACKAGES, each once, without R itself
/// and the packages that come with it (tools:::.get_standard_package_names()$base). Empty for what cannot be
/// read.
std::vector<std::string> dependencies_of(std::string_view dcf);

}  // namespace granary::r
