#pragma once
/// Which encoding of a prepared body a client gets (RFC 9110 12.5.3), and the answer made of it.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"
#include "view/views.h"

namespace granary::api {

enum class Coding : std::uint8_t { identity, gzip, zstd };

/// The coding with the highest q; equal ones: zstd, gzip, identity. Without a header: identity.
Coding choose_coding(std::string_view accept_encoding) noexcept;

/// 200 with the body in the best encoding, Vary, Content-Encoding, and an entity tag of that encoding; as it
/// is where that would not be smaller.
http::Response rendered_response(const http::Request&, const view::Rendered&, std::string content_type);

}  // namespace granary::api
