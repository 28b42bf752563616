#pragma once
/// What is to be fetched ahead of requests: the arguments of a fetch job, and what the settings order after
/// each synchronisation. See docs/adr/0024-fetching-ahead.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/types.h"

namespace granary::mirror {

/// Names as the caller gave them; what they mean is for ChooseFiles (fetch_job.h).
struct FetchOrder {
  std::vector<std::string> sources;     // names; each package is taken from the first that has it
  bool all = false;                     // everything of the sources; then there are no packages
  std::vector<std::string> packages{};  // R: "R6", "R6@2.5.1"; Python: requirements
  std::vector<std::string> constraints{};
  std::uint64_t newest = 0;  // versions of each package; 0: the newest, of everything all
  bool dependencies = true;
  std::vector<std::string> dates{};  // "2024-05-01"
  bool latest = true;                // as it is now, beside the dates
  std::vector<std::string> trees{};  // of R; empty: those of sources
  std::string python{};              // "3.11"; empty: any
  std::vector<std::string> platforms{};
  bool dry_run = false;
};

/// Errc::invalid_argument for anything that to_text() did not write.
std::string to_text(const FetchOrder& order);
Result<FetchOrder> parse_fetch_order(std::string_view text);

/// [CRAN], [PyPI] and [Bioconductor] Fetch: "none", "all", "newest 3".
struct FetchSettings {
  std::string cran = "none", pypi = "none", bioconductor = "none";
};
/// Errc::invalid_argument names the setting: "CRAN.Fetch: ...".
Result<> check(const FetchSettings& settings);
/// What is ordered for a source; absent: nothing. The settings have been checked.
std::optional<FetchOrder> order_of(const FetchSettings& settings, const model::Source& source);

}  // namespace granary::mirror
