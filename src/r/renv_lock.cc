#include "r/renv_lock.h"

#include "base/json.h"
#include "base/text.h"
#include "r/names.h"

namespace granary::r {
namespace {

tl::unexpected<Error> no_lockfile(const std::string& why) {
  return fail(Errc::invalid_argument, "it is no renv.lock: " + why, "renv::snapshot() writes one");
}

}  // namespace

Result<RenvLock> parse_renv_lock(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return no_lockfile(json.error().message());
  if (!(*json)["Packages"].is_object()) return no_lockfile("it has no \"Packages\"");
  RenvLock out;
  out.bioconductor = (*json)["Bioconductor"]["Version"].string().value_or("");
  for (const auto& [name, one] : (*json)["Packages"].members()) {
    const auto version = one["Version"].string().value_or("");
    const auto source = one["Source"].string().value_or("Repository");
    if (!is_package_name(name) || version.empty())
      return no_lockfile("'" + name.substr(0, 100) + "' is no package with its version");
    const bool in_repository = source == "Repository" || source == "CRAN" || source == "Bioconductor";
    (in_repository ? out.packages : out.skipped).push_back(name + "@" + std::string(version));
  }
  return out;
}

PinnedPackage parse_pinned(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos) return {std::string(trim(text)), ""};
  return {std::string(trim(text.substr(0, at))), std::string(trim(text.substr(at + 1)))};
}

}  // namespace granary::r
