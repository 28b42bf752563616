#pragma once
/// Finding a short text in a very long one, as fast as memory is read.

#include <cstddef>
#include <string_view>

namespace granary {

/// As text.find(needle, from); 16 bytes at a time where the processor can. An empty needle is nowhere.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) noexcept;

}  // namespace granary
