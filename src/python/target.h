#pragma once
/// The machine that packages are for, as far as it is known: which files it takes, and which requirements
/// count on it. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "python/marker.h"
#include "python/version.h"

namespace granary::python {

struct Target {
  /// "3.11" or "3.11.4", of CPython; absent: any.
  std::optional<Version> python{};
  /// "linux_x86_64" (manylinux too), "musllinux_x86_64", "win_amd64", "macosx_arm64": a system and what it
  /// runs on, without versions of either. Any of these; empty: any.
  std::vector<std::string> platforms{};
};

/// `python` may be empty. A platform may also be written as the tag of a wheel: manylinux_2_17_x86_64,
/// macosx_11_0_arm64. Errc::invalid_argument.
Result<Target> parse_target(std::string_view python, const std::vector<std::string>& platforms);

/// Whether the target can use the file: by Requires-Python (empty: none), and a wheel by its tags. A wheel
/// whose name cannot be read is taken.
bool takes(const Target& target, std::string_view filename, bool wheel, std::string_view requires_python);

/// One for each platform, at least one.
std::vector<MarkerEnvironment> environments_of(const Target& target);

}  // namespace granary::python
