#pragma once
/// The days that a repository can be asked for.

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace granary::api {

struct KnownDays {
  std::set<std::chrono::sys_days> changed;       // there was a transaction
  std::optional<std::chrono::sys_days> first{};  // from which on upstream's days differ
  bool mirrored = false;                         // it shows an upstream, which changes every day
};

/// Of own sources the days on which something changed; with a mirror every day from the first one on to
/// `today`. (Any other day may be asked for too: it shows the nearest earlier one.)
std::vector<std::chrono::sys_days> listed_days(const KnownDays& known, std::chrono::sys_days today);
/// [{"date": "2024-05-01", "alias": "2024-05-01"}, ...]
std::string dates_json(const std::vector<std::chrono::sys_days>& days, bool newest_first);

}  // namespace granary::api
