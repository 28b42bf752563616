#pragma once
/// Requirements (PEP 508) and which versions they allow (PEP 440), as far as choosing files for others needs
/// them. Whether their markers hold: marker.h.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "python/version.h"

namespace granary::python {

struct Requirement {
  std::string project;                // normalised
  std::vector<std::string> extras{};  // normalised
  std::string specifiers{};           // ">=1,<2"; empty: any; of a direct reference too
  std::string marker{};               // "extra == 'all'"; empty: always
};

/// "requests[socks] (>=2.8.1) ; extra == 'all'". Errc::invalid_argument for anything else, and for more than
/// 4,096 characters.
Result<Requirement> parse_requirement(std::string_view text);

/// Whether each clause allows the version. Pre-releases are allowed: who asks decides. False for specifiers
/// that are none (check_specifiers).
bool allows(std::string_view specifiers, const Version& version);

}  // namespace granary::python
