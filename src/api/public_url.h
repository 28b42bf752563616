#pragma once
/// The URL of this server as a client may write it.

#include <string>
#include <string_view>

#include "http/message.h"

namespace granary::api {

/// Without a '/' at its end. `configured` (Server.Address) wins; else what the request says of itself: empty
/// when its Host is missing or is no host name.
std::string base_url(std::string_view configured, const http::Request& request);

}  // namespace granary::api
