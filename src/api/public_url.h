#pragma once
/// The URL of this server as a client may write it.

#include <string>
#include <string_view>

#include "http/message.h"

namespace granary::api {

/// Without a '/' at its end. The first of these that says it:
///  1. `configured` (Server.Address), so that what is kept for all clients depends on nobody's headers;
///  2. X-RSPM-Request: the whole URL that the client asked for; its path ends with the path asked here, and
///  what
///     comes before that is the prefix that the proxy took off;
///  3. X-Forwarded-Proto, -Host, -Port and -Prefix; of a list of several proxies the first entry;
///  4. Host and the kind of connection.
/// 2 and 3 only from a trusted proxy (Request::proxied). Empty when none is a host name.
std::string base_url(std::string_view configured, const http::Request& request);

}  // namespace granary::api
