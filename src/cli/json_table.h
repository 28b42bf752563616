#pragma once
/// Answers of the server for people.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace granary::cli {

/// A member as text: "yes" and "no" for booleans; empty when it is absent or null.
std::string cell_of(const Json& json, std::string_view name);
/// An array of objects as a table; `none` when it is empty.
std::string rows_of(const Json& json, const std::vector<std::string>& head,
                    const std::vector<std::string_view>& names, std::string_view none);
/// An object as lines of label and member.
std::string facts_of(const Json& json,
                     const std::vector<std::pair<std::string_view, std::string_view>>& names);

/// The whole of it, on one line.
std::string json_text(const Json& json);

}  // namespace granary::cli
