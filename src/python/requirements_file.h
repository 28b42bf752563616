#pragma once
/// requirements.txt as pip reads it: requirements with pins, ranges, extras, markers and hashes, comments,
/// lines that go on, and names of further files. Pure. Which of its options matter is decided for who fetches
/// the packages ahead: where to look and how to install does not.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::python {

struct RequirementsFile {
  std::vector<std::string> requirements;  // PEP 508, without hashes and other options
  std::vector<std::string> files;         // -r, as written
  std::vector<std::string> constraints;   // -c, as written
  /// What no index has: URLs, folders, editable projects.
  std::vector<std::string> skipped;
};

/// Errc::invalid_argument names the line that is none.
Result<RequirementsFile> parse_requirements_file(std::string_view text);

}  // namespace granary::python
