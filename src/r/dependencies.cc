#include "r/dependencies.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "r/dcf.h"
#include "r/names.h"

namespace granary::r {
namespace {

constexpr std::array<std::string_view, 15> kComeWithR = {
    "R",        "base",    "compiler", "datasets", "grDevices", "graphics", "grid", "methods",
    "parallel", "splines", "stats",    "stats4",   "tcltk",     "tools",    "utils"};

}  // namespace

std::vector<std::string> dependencies_of(std::string_view dcf) {
  std::vector<std::string> names;
  const auto records = parse_dcf(dcf, {.bytes = 1 << 20, .records = 1});
  if (!records || records->empty()) return names;
  for (const auto* field : {"Depends", "Imports", "LinkingTo"}) {
    for (const auto part : split(records->front().get(field), ',')) {
      const auto name = trim(part.substr(0, part.find('(')));
      if (!is_package_name(name) || std::find(kComeWithR.begin(), kComeWithR.end(), name) != kComeWithR.end())
        continue;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace granary::r
