#include "r/tree_path.h"

#include <array>
#include <utility>

#include "r/tree_name.h"

namespace granary::r {
namespace {

constexpr std::array<std::pair<std::string_view, TreePart>, 6> kParts = {
    {{"", TreePart::top},
     {"PACKAGES", TreePart::packages},
     {"PACKAGES.gz", TreePart::packages_gz},
     {"PACKAGES.rds", TreePart::packages_rds},
     {"Meta/archive.rds", TreePart::archive_rds},
     {"Meta/current.rds", TreePart::current_rds}}};
constexpr std::string_view kArchive = "Archive/";

TreePath within(std::string_view tree, std::string_view rest) noexcept {
  for (const auto& [name, part] : kParts) {
    if (rest == name) return {tree, part, {}, {}};
  }
  const auto slash = rest.rfind('/');
  if (slash == std::string_view::npos) return {tree, TreePart::file, {}, rest};
  const auto folder = rest.substr(0, slash);
  const auto file = rest.substr(slash + 1);
  if (folder.starts_with(kArchive) && folder.find('/', kArchive.size()) == std::string_view::npos)
    return {tree, TreePart::archived_file, folder.substr(kArchive.size()), file};
  return {tree, TreePart::file, folder, file};
}

}  // namespace

std::optional<TreePath> parse_tree_path(std::string_view path) noexcept {
  // No tree lies within another, so the first that fits is it.
  for (auto end = path.find('/');; end = path.find('/', end + 1)) {
    const auto tree = path.substr(0, end);
    if (is_tree_name(tree))
      return within(tree, end == std::string_view::npos ? std::string_view() : path.substr(end + 1));
    if (end == std::string_view::npos) return std::nullopt;
  }
}

}  // namespace granary::r
