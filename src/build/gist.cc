#include "build/gist.h"

#include "base/text.h"

namespace granary::build {

std::string gist_of(const std::vector<std::string>& lines) {
  constexpr std::size_t kLongest = 500;
  std::string last;
  bool found = false;  // the line that says what is wrong, or that the next one does
  for (const auto& line : lines) {
    const auto text = trim(line);
    if (text.empty()) continue;
    const bool in_next = last.ends_with("ERROR");  // as R does: "* checking ... ERROR"
    const bool announces = found && (in_next || last.ends_with(':'));
    if (found && !announces) break;
    last = announces && !in_next ? last + " " + std::string(text) : std::string(text);
    found = found || text.starts_with("fatal:") || starts_with_ignore_case(text, "error") ||
            text.ends_with("ERROR");
    if (announces) break;
  }
  return last.empty() ? "it said nothing" : last.substr(0, kLongest);
}

}  // namespace granary::build
