#include <algorithm>
#include <cstdlib>

#include "python/project_page.h"
#include "python/project_record.h"

using namespace granary;
using namespace granary::python;

/// Pages and lists of an upstream index, and records of the catalog: whatever is read is written and read
/// back as it was, and merged with nothing new it stays.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto read : {&read_project_json, &read_project_html}) {
    const auto page = read(text, "foo");
    if (!page) continue;
    const auto back = decode_project(encode(page->project));
    if (!back || !(*back == page->project)) std::abort();
    if (!same_content(merge(*back, page->project, Time{}), *back)) std::abort();
  }
  const auto each = [](std::string_view name, std::int64_t) -> Result<> {
    if (name.empty()) std::abort();
    return {};
  };
  (void)read_project_list_json(text, each);
  (void)read_project_list_html(text, each);
  if (const auto project = decode_project(text)) {
    const auto again = decode_project(encode(*project));
    if (!again || !(*again == *project)) std::abort();
    for (const auto until : {std::optional<Time>(), std::optional(Time{})}) {
      const auto shown = shown_project(text, until);
      const auto& files = project->files;
      const auto visible =
          std::count_if(files.begin(), files.end(), [&](const auto& file) { return file.visible(until); });
      if (!shown || shown->files.size() != static_cast<std::size_t>(visible)) std::abort();
    }
  }
  return 0;
}
