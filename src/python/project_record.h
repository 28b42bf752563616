#pragma once
/// How a Project lies in the catalog: zstd over a compact form. Decoding is bounded, so that a damaged row is
/// an error and nothing else.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "python/project.h"
#include "python/simple.h"

namespace granary::python {

/// Same input, same bytes.
std::string encode(const Project& project);
/// Errc::corrupt for what encode() did not write; memory is bounded by what a page of the longest allowed
/// length can say.
Result<Project> decode_project(std::string_view record);

/// What a page shows of a record, without making what it does not show.
struct ShownProject {
  std::string shown;
  std::int64_t serial = 0;
  std::string etag;
  ProjectStatus status = ProjectStatus::active;
  std::string status_reason;
  std::vector<PageFile> files;       // visible just before `until`, in the order of Project::files
  std::shared_ptr<const void> text;  // what they point into
};
/// The same errors.
Result<ShownProject> shown_project(std::string_view record, std::optional<Time> until);

}  // namespace granary::python
