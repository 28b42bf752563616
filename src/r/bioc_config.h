#pragma once
/// Bioconductor's config.yaml: which releases there are and which R they are made for. Of YAML only what that
/// file uses: `key: value` lines, and maps of them one level below.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::r {

struct BiocRelease {
  std::string version;    // "3.22"
  std::string r_version;  // "4.5"; may be empty
  std::optional<std::chrono::sys_days> released{};
  /// The day of CRAN that goes with it: absent for the newest ones, which go with CRAN's latest. Of an older
  /// one what the file says (rspm_ver_for_bioc_ver, else release_last_built_dates), else the day on which the
  /// next one was released.
  std::optional<std::chrono::sys_days> cran{};
};

struct BiocConfig {
  std::string release, devel;         // versions
  std::vector<BiocRelease> releases;  // oldest first
};

/// Errc::corrupt when it names no release.
Result<BiocConfig> parse_bioc_config(std::string_view text);

}  // namespace granary::r
