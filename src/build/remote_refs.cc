#include "build/remote_refs.h"

#include <algorithm>

namespace granary::build {
namespace {

constexpr std::size_t kMostRefs = 100'000;
constexpr std::string_view kPeeled = "^{}";

}  // namespace

bool is_commit(std::string_view text) noexcept {
  return (text.size() == 40 || text.size() == 64) && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<std::vector<RemoteRef>> parse_remote_refs(const std::vector<std::string>& lines) {
  std::vector<RemoteRef> refs;
  for (const std::string_view line : lines) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos || !is_commit(line.substr(0, tab))) continue;
    const std::string commit(line.substr(0, tab));
    auto name = line.substr(tab + 1);
    if (name.empty()) continue;
    if (name.ends_with(kPeeled)) {  // follows the tag itself
      name.remove_suffix(kPeeled.size());
      if (!refs.empty() && refs.back().name == name) refs.back().commit = commit;
      continue;
    }
    if (refs.size() == kMostRefs)
      return fail(Errc::too_large, "the repository has more than 100,000 branches and tags",
                  "build from a smaller one");
    refs.push_back({std::string(name), commit});
  }
  return refs;
}

}  // namespace granary::build
