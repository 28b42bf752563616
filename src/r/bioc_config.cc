#include "r/bioc_config.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "base/time_text.h"
#include "r/version.h"

namespace granary::r {
namespace {

constexpr std::size_t kReleases = 1000;

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

/// "10/29/2025"
std::optional<std::chrono::sys_days> american_day(std::string_view text) {
  const auto parts = split(text, '/');
  if (parts.size() != 3) return std::nullopt;
  const auto month = parse_unsigned(parts[0]), day = parse_unsigned(parts[1]),
             year = parse_unsigned(parts[2]);
  if (!month || !day || !year || *year < 1900 || *year > 9999) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month & 0xFF)),
                                         std::chrono::day(static_cast<unsigned>(*day & 0xFF))};
  if (*month > 12 || *day > 31 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

/// Also "2025-10-29".
std::optional<std::chrono::sys_days> any_day(std::string_view text) {
  const auto day = american_day(text);
  return day ? day : parse_day(text);
}

/// `releases`: oldest first.
void finish_cran_days(BiocConfig& config, const std::map<std::string, std::chrono::sys_days>& last_built) {
  for (std::size_t i = 0; i < config.releases.size(); ++i) {
    auto& one = config.releases[i];
    if (compare_versions(one.version, config.release) >= 0) {
      one.cran.reset();
      continue;
    }
    if (const auto at = last_built.find(one.version); !one.cran && at != last_built.end())
      one.cran = at->second;
    for (std::size_t next = i + 1; !one.cran && next < config.releases.size(); ++next)
      one.cran = config.releases[next].released;
  }
}

}  // namespace

Result<BiocConfig> parse_bioc_config(std::string_view text) {
  BiocConfig out;
  const auto release = [&](std::string_view version) -> BiocRelease* {
    const auto at = std::find_if(out.releases.begin(), out.releases.end(),
                                 [&](const BiocRelease& one) { return one.version == version; });
    if (at != out.releases.end()) return &*at;
    if (!Version::parse(version) || out.releases.size() >= kReleases) return nullptr;
    out.releases.push_back({std::string(version), {}, {}, {}});
    return &out.releases.back();
  };
  std::string_view section;
  std::map<std::string, std::chrono::sys_days> last_built;
  for (const auto line : split(text, '\n')) {
    const auto content = trim(line);
    const auto colon = content.find(':');
    if (content.empty() || content.front() == '#' || content.front() == '-' ||
        colon == std::string_view::npos)
      continue;
    const auto key = unquoted(content.substr(0, colon));
    const auto value = unquoted(content.substr(colon + 1));
    if (line.front() != ' ') {
      section = key;
      if (key == "release_version") out.release = value;
      if (key == "devel_version") out.devel = value;
    } else if (section == "r_ver_for_bioc_ver") {
      if (auto* known = release(key)) known->r_version = value;
    } else if (section == "release_dates") {
      if (const auto day = american_day(value)) {
        if (auto* known = release(key)) known->released = day;
      }
    } else if (section == "release_last_built_dates") {
      if (const auto day = any_day(value); day && last_built.size() < kReleases)
        last_built.emplace(key, *day);
    } else if (section == "rspm_ver_for_bioc_ver") {
      if (const auto day = any_day(value)) {
        if (auto* known = release(key)) known->cran = day;
      }
    }
  }
  if (!Version::parse(out.release))
    return fail(Errc::corrupt, "what upstream gave for config.yaml names no release of Bioconductor",
                "check the URL of the upstream, and what a proxy in between answers");
  release(out.release);
  std::sort(out.releases.begin(), out.releases.end(), [](const BiocRelease& a, const BiocRelease& b) {
    return compare_versions(a.version, b.version) < 0;
  });
  finish_cran_days(out, last_built);
  return out;
}

}  // namespace granary::r
