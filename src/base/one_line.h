#pragma once
/// Text from elsewhere as a message and a column of a database may have it.

#include <string>
#include <string_view>

namespace granary {

/// One line of valid UTF-8 without control characters, cut to `longest` bytes.
std::string one_line(std::string_view text, std::size_t longest);

}  // namespace granary
