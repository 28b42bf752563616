#pragma once
/// The single map from errors to HTTP.

#include "base/result.h"
#include "http/message.h"

namespace granary::http {

int status_for(Errc code) noexcept;
std::string_view reason_for(int status) noexcept;
/// {"error","hint"} as JSON; Retry-After on 503; WWW-Authenticate on 401. Notes never leave the server.
/// A 4xx carries the message as its reason phrase too: twine, pip and uv show that line to people.
Response error_response(const Error& error);

}  // namespace granary::http
