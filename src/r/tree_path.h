#pragma once
/// Which tree of R packages, and what in it, a path below the root of a repository names.

#include <cstdint>
#include <optional>
#include <string_view>

namespace granary::r {

enum class TreePart : std::uint8_t {
  top,  // the tree itself
  packages,
  packages_gz,
  packages_rds,
  archive_rds,
  current_rds,
  archived_file,  // Archive/{package}/{file}
  file,           // {file}, or {folder}/{file} where PACKAGES has a Path
};

/// Points into the path.
struct TreePath {
  std::string_view tree;  // see is_tree_name
  TreePart part = TreePart::top;
  std::string_view folder;  // of a file: its Path; of an archived one: the package
  std::string_view file;
};

/// "bin/windows/contrib/4.5/PACKAGES.gz", "packages/3.22/bioc/src/contrib/Archive/abc/abc_1.0.tar.gz"; absent
/// when it is in no tree. Whether there is such a thing is for others to say.
std::optional<TreePath> parse_tree_path(std::string_view path) noexcept;

}  // namespace granary::r
