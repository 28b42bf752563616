#pragma once
/// What both readers of project_page.h share.

#include <string_view>

#include "python/project_page.h"

namespace granary::python {

/// A wheel or sdist of the project, of which too little could be read.
void leave_out(ReadPage& page, const UpstreamFile& file);

/// Leaves it out unless it is of use.
Result<> add_file(ReadPage& page, UpstreamFile file, std::string_view project);

/// Lower case hex of that many bytes.
bool is_hex(std::string_view text, std::size_t bytes) noexcept;

}  // namespace granary::python
