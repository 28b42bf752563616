#pragma once
/// How a Project lies in the catalog: zstd over a compact form. Decoding is bounded, so that a damaged row is
/// an error and nothing else.

#include <string>
#include <string_view>

#include "base/result.h"
#include "python/project.h"

namespace granary::python {

/// Same input, same bytes.
std::string encode(const Project& project);
/// Errc::corrupt for what encode() did not write; memory is bounded by what a page of the longest allowed
/// length can say.
Result<Project> decode_project(std::string_view record);

}  // namespace granary::python
