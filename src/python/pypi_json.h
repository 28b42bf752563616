#pragma once
/// PyPI's own JSON of one project, which tools older than PEP 691 read: /pypi/<project>/json.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/types.h"

namespace granary::python {

struct PypiDocument {
  std::string_view name;  // normalised
  std::span<const model::FileRecord> files;
  std::string_view files_prefix;  // as in ProjectPage; absolute where possible, readers seldom resolve it
  std::string_view
      project_prefix;  // URL of the project list, ends with '/': "https://host/repo/latest/simple/"
  std::int64_t last_serial = 0;
};

/// `version` absent: the newest that is not a pre-release or yanked, where there is one, and all `releases`.
/// Otherwise that version in any spelling, without `releases`. Nullopt: there is no such version.
std::optional<std::string> pypi_json(const PypiDocument& document, std::optional<std::string_view> version);

}  // namespace granary::python
