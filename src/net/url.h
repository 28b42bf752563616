#pragma once
/// URLs of upstreams: what a link means, and where it goes. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::net {

/// Scheme, host and port: what credentials belong to (RFC 6454).
struct UrlOrigin {
  std::string scheme, host, port;  // host in lower case; port: the scheme's own when none is given
  bool operator==(const UrlOrigin&) const = default;
};
std::optional<UrlOrigin> url_origin(const std::string& url);

/// The absolute URL that `reference` means on a page at `base` (RFC 3986 5.2). Errc::invalid_argument.
Result<std::string> resolve_url(const std::string& base, const std::string& reference);

/// Fit for messages: without user, password, query and fragment, which may be secret.
std::string printable_url(std::string_view url);

/// `url` with user and password in it; as it is when there is no user.
std::string with_credentials(const std::string& url, std::string_view user, std::string_view password);

}  // namespace granary::net
