#pragma once
/// Environment markers (PEP 508): whether a requirement counts where a package is to be installed, of which
/// perhaps not everything is known. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace granary::python {

/// What is known of a machine: "python_version" is "3.11". Variables that are absent are not known.
using MarkerEnvironment = std::map<std::string, std::string, std::less<>>;

enum class Holds : std::uint8_t { no, perhaps, yes };

/// `extra`: the one that was asked for, normalised; empty: none. An empty marker holds. What depends on
/// something that is not known perhaps holds, and so does a marker that cannot be read.
Holds holds(std::string_view marker, const MarkerEnvironment& environment, std::string_view extra);

}  // namespace granary::python
