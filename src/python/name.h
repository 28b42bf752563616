#pragma once
/// Names of projects: PEP 503 (normal form) and PEP 508 / core metadata (what is valid).

#include <string>
#include <string_view>

namespace granary::python {

/// ASCII letters, digits, '-', '_', '.'; begins and ends with a letter or digit; at most 200 characters.
bool is_valid_name(std::string_view name) noexcept;
/// Lower case, every run of '-', '_' and '.' one '-'. Defined for any text.
std::string normalize_name(std::string_view name);
bool is_normalized_name(std::string_view name) noexcept;

}  // namespace granary::python
