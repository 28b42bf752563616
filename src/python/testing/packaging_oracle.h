#pragma once
/// Python's own library `packaging` (or pip's copy of it) as judge of what our rules must say.

#include <string>
#include <string_view>
#include <vector>

namespace granary::python {

/// Runs `script` in python3 with Version, InvalidVersion, SpecifierSet, InvalidSpecifier imported and the
/// texts as a JSON array on stdin; answers its lines. Absent packaging: the lines are empty and the test is
/// skipped with the reason, or fails where CI=true.
std::vector<std::string> ask_packaging(std::string_view script, const std::vector<std::string>& texts);

}  // namespace granary::python
