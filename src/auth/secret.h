#pragma once
/// The secret part of a token: "grn_" and 256 random bits, so that scanners for leaked credentials find it.

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace granary::auth {

std::string new_secret();
/// What has another form is not a token of ours: refused without a query.
bool looks_like_secret(std::string_view text) noexcept;
/// What is stored. A plain SHA-256 is enough for 256 random bits: there is nothing to guess.
Digest secret_digest(std::string_view secret);
/// A random UUID (RFC 9562, version 4).
std::string new_token_id();

}  // namespace granary::auth
