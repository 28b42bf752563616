#pragma once
/// For whom a proxy asks.

#include <string_view>
#include <utility>
#include <vector>

#include "base/networks.h"

namespace granary::http {

/// Whether headers of `peer` about where a request came from are believed: it is in `trusted`, or that is
/// empty, or it is "unix", which its file permission has admitted.
bool is_trusted_proxy(std::string_view peer, const Networks& trusted) noexcept;

/// Who asks, by the X-Forwarded-For headers of a request of `peer`. Each proxy adds to the end of the list,
/// so it is read from there: the first address that is no trusted proxy; when all are trusted, the first of
/// the list. What is no address ends the walk. The answer is `peer` or a part of a header.
std::string_view client_of(std::string_view peer,
                           const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                           const Networks& trusted) noexcept;

}  // namespace granary::http
