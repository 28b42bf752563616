#pragma once
/// Version specifiers (PEP 440), as far as a server needs them: is Requires-Python well formed?

#include <string_view>

#include "base/result.h"

namespace granary::python {

/// A comma-separated set such as ">=3.9,!=3.9.7"; empty clauses are allowed, as `packaging` allows them.
/// Errc::invalid_argument names the clause that is wrong.
Result<> check_specifiers(std::string_view text);

}  // namespace granary::python
