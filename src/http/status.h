#pragma once
/// The single map from errors to HTTP.

#include "base/result.h"
#include "http/message.h"

namespace granary::http {

int status_for(Errc code) noexcept;
std::string_view reason_for(int status) noexcept;
/// {"error","hint"} as JSON; Retry-After on 503; WWW-Authenticate on 401. Notes never leave the server.
/// `wants_text`: clients such as R and pip show the reason phrase or body as it is.
Response error_response(const Error& error);

}  // namespace granary::http
