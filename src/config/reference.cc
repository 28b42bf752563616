/// The texts that are generated from the list of settings.

#include <fmt/format.h>

#include "base/text.h"
#include "config/gcfg.h"
#include "config/settings.h"
#include "config/settings_list.h"

namespace granary::config {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string description_of(const SettingSpec& spec) {
  std::string out(spec.description);
  if (!spec.choices.empty()) out += " One of: " + replace_all(spec.choices, ",", ", ") + ".";
  if (!spec.aliases.empty()) out += " Also spelled: " + replace_all(spec.aliases, ",", ", ") + ".";
  if (spec.reloadable) out += " Re-read on SIGHUP.";
  return out;
}

constexpr std::string_view kIntroduction = R"(# Settings

This page is generated from the list of settings: `granary settings --markdown > docs/settings.md`.

The file has the git-config syntax: `[Section]`, `Key = value`, comments after `;` or `#`, names without case, sections
additive, the last value of a key wins. Every setting can also be given as an environment variable,
`GRANARY_<SECTION>_<KEY>` in capitals (`GRANARY_HTTP_LISTEN=:8080`), which wins over the file; the names that begin with
`PACKAGEMANAGER_` are read too. An unknown section or key is an error that names the nearest known one.

Types: a boolean is `true` or `false`; a duration `500ms`, `30s`, `1m15s`, `2h` or `20d`; a size `64MiB` (1,024) or
`10GB` (1,000); a secret never appears in a log, and may be written as `granary encrypt`
prints it. `{DataDir}` stands for the value of `Server.DataDir`.

Settings marked *later* are accepted, so that an existing file can be used, and have no effect in this version.
)";

}  // namespace

std::string settings_markdown() {
  std::string out(kIntroduction);
  std::string_view section;
  for (const auto& spec : settings_list()) {
    if (spec.section != section) {
      section = spec.section;
      out +=
          fmt::format("\n## [{}]\n\n| Key | Type | Default | Variable | |\n|---|---|---|---|---|\n", section);
    }
    const std::string fallback = spec.fallback.empty() ? "" : fmt::format("`{}`", spec.fallback);
    const std::string text =
        spec.target == nullptr ? fmt::format("*Later.* {}", spec.description) : description_of(spec);
    out += fmt::format("| `{}` | {} | {} | `GRANARY_{}_{}` | {} |\n", spec.key, name_of(spec.type), fallback,
                       upper(spec.section), upper(spec.key), text);
  }
  return out;
}

std::string settings_example() {
  std::string out =
      "; Every setting with an effect, with its default. Check a file with: granary check-config\n";
  std::string_view section;
  for (const auto& spec : settings_list()) {
    if (spec.target == nullptr) continue;
    if (spec.section != section) {
      section = spec.section;
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("; {}\n;{} ={}{}\n", description_of(spec), spec.key, spec.fallback.empty() ? "" : " ",
                       quoted_value(spec.fallback));
  }
  return out;
}

}  // namespace granary::config
