#pragma once
/// Columns for people.

#include <string>
#include <vector>

namespace granary::cli {

/// Rows under a head, each column as wide as it needs; the last is not padded.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

}  // namespace granary::cli
