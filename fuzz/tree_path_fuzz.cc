// Paths below a repository of R: what is taken apart lies in the path, in a tree that is one.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "r/tree_name.h"
#include "r/tree_path.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto path = r::parse_tree_path(text);
  if (!path) return 0;
  if (!r::is_tree_name(path->tree) || !text.starts_with(path->tree)) abort();
  if (!r::is_tree_name(r::source_tree_of(path->tree))) abort();
  if (path->file.find('/') != std::string_view::npos) abort();
  std::string again(path->tree);
  if (path->part == r::TreePart::archived_file) again.append("/Archive");
  if (!path->folder.empty()) again.append(1, '/').append(path->folder);
  if (path->part == r::TreePart::file && again + '/' + std::string(path->file) != text &&
      !(path->folder.empty() && text.find("//") != std::string_view::npos))
    abort();
  if (r::binary_tag_of(path->tree).size() > text.size()) abort();
  return 0;
}
