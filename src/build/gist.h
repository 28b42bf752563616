#pragma once
/// What the lines that a program said come to. Pure.

#include <string>
#include <vector>

namespace granary::build {

/// For an error: the first line that says what is fatal or an error, with the next when that has the rest, as
/// git, pip and R write it ("* checking ... ERROR"); else the last.
std::string gist_of(const std::vector<std::string>& lines);

}  // namespace granary::build
