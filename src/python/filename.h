#pragma once
/// What the name of a distribution file says: wheels (PEP 427, PEP 425 tag sets) and sdists (PEP 625, and the
/// older {name}-{version} with any spelling of the name).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "python/version.h"

namespace granary::python {

struct WheelName {
  std::string name;     // as it stands in the file name
  std::string project;  // normalised
  std::string version_text;
  Version version;
  std::optional<std::string> build;                   // begins with a digit
  std::vector<std::string> pythons, abis, platforms;  // compressed tag sets, taken apart
};

struct SdistName {
  std::string name;
  std::string project;
  std::string version_text;
  Version version;
  std::string extension;  // ".tar.gz" or ".zip"
};

/// Errors: invalid_argument, with what is wrong. The names are safe as one segment of a path.
Result<WheelName> parse_wheel_filename(std::string_view filename);
/// "a-1.0-1.tar.gz" can be cut in two ways: `expected_project` (any spelling) decides where it is known;
/// without it the version begins after the last dash.
Result<SdistName> parse_sdist_filename(std::string_view filename, std::string_view expected_project = {});

}  // namespace granary::python
