#pragma once
/// Names of archive members: what is safe on every system that may unpack them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::archive {

/// "./a//b/" becomes "a/b"; "./" becomes "". Errc::invalid_argument for an absolute path, "..", a backslash,
/// a drive letter, a control character or an empty name; too_large beyond `limit` bytes.
Result<std::string> clean_path(std::string_view raw, std::uint64_t limit);

/// The target of a symbolic link at `path` (clean) must stay inside whatever else is unpacked: relative, ".."
/// only at its beginning and never more than the folders above the link.
Result<> check_symlink(std::string_view path, std::string_view target);

/// `text` fit for a one-line message: control and non-ASCII bytes as "?", cut at 100.
std::string shown(std::string_view text);

/// Adds the first part of a clean path, once, while there are fewer than 8.
void note_top(std::vector<std::string>& tops, std::string_view path);

}  // namespace granary::archive
