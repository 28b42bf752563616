#pragma once
/// Making and changing sources that have an upstream, and those that show one as of a day.

#include <chrono>
#include <optional>
#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

struct NewSource {
  std::string name{}, description{};
  model::SourceType type = model::SourceType::cran;  // a mirror, or cran_snapshot
  model::Upstream upstream{};
  std::optional<std::chrono::sys_days> frozen_at{};  // cran_snapshot
  std::string frozen_of{};                           // its source of type cran; empty: the only one there is
  bool succeed_on_existing = false;
};
/// Errors: invalid_argument, conflict (the name is taken), not_found (frozen_of).
Result<model::Source> create_source(const Parts&, const Context&, const NewSource&);

/// What is absent stays.
struct UpstreamChange {
  std::optional<std::string> url{}, proxy{}, ca_file{}, user{}, password{};
  bool empty() const noexcept { return !url && !proxy && !ca_file && !user && !password; }
};
Result<model::Source> change_upstream(const Parts&, const Context&, std::string_view source,
                                      const UpstreamChange&);

}  // namespace granary::mirror
