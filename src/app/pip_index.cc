#include "app/pip_index.h"

#include "base/subprocess.h"
#include "base/text.h"

namespace granary::app {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

/// pip's own option parser reads its configuration files and PIP_INDEX_URL, and knows the default.
constexpr const char* kQuestion =
    "from pip._internal.commands import create_command\n"
    "print(create_command('download').parse_args(['x'])[0].index_url)\n";

}  // namespace

Result<std::string> pip_index_url(const Context& ctx) {
  std::string why;
  for (const char* python : {"python3", "python"}) {
    auto said = output_of(ctx, {python, "-c", kQuestion}, kPatience);
    if (!said && said.error().code() == Errc::cancelled) return said;
    if (!said) {
      why = said.error().message();
      continue;
    }
    std::string url(trim(*said));
    while (url.ends_with('/')) url.pop_back();
    if (url.find("://") != std::string::npos) return url;
    why = "pip names no URL";
  }
  return fail(Errc::unavailable, "cannot ask pip for the Python index to mirror: " + why,
              "set PyPI.URL to the simple index, or install pip for the server's user");
}

}  // namespace granary::app
