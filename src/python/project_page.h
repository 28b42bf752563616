#pragma once
/// Reads what an upstream index says: the Simple API 1.0 to 1.5 as JSON (PEP 691, 700, 714, 740, 792) or as
/// HTML (PEP 503). Pure; outside bytes, so everything is bounded, and one bad entry does not spoil the rest.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "python/project.h"

namespace granary::python {

/// A longer page is refused: the largest of PyPI has some 20 MB. Reading takes up to five times of it.
inline constexpr std::size_t kLongestProjectPage = 64 << 20;
inline constexpr std::size_t kMostFilesOfPage = 250'000;
inline constexpr std::size_t kLongestProjectList = 128 << 20;

struct ReadPage {
  Project project;           // in order; URLs as written, perhaps relative; no etag
  std::size_t left_out = 0;  // entries that are neither a wheel nor an sdist, or that say nonsense
  /// Of these, the first few that are a wheel or sdist of the project all the same: they are not gone.
  std::vector<std::string> unreadable{};
};

/// `project`: the normalised name that was asked for. Errors: corrupt (no JSON, cut off, of another project
/// or a later major version), too_large.
Result<ReadPage> read_project_json(std::string_view page, std::string_view project);
/// Every link counts. A page without a file is a project without files only when it says that it is a page of
/// an index (pypi:repository-version): else it is some other web page, and corrupt. The same errors.
Result<ReadPage> read_project_html(std::string_view page, std::string_view project);

/// `name` as upstream spells it; `serial` 0 where that is not said. An error ends the reading.
using EachListed = std::function<Result<>(std::string_view name, std::int64_t serial)>;
/// The serial of the list itself; 0 where that is not said. Invalid names are passed over.
Result<std::int64_t> read_project_list_json(std::string_view list, const EachListed& each);
/// Corrupt too when most of its links lead to no project and it does not say that it is a page of an index.
Result<std::int64_t> read_project_list_html(std::string_view list, const EachListed& each);

}  // namespace granary::python
