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
};

struct BiocConfig {
  std::string release, devel;         // versions
  std::vector<BiocRelease> releases;  // oldest first
};

/// Errc::corrupt when it names no release.
Result<BiocConfig> parse_bioc_config(std::string_view text);

}  // namespace granary::r
