#pragma once
/// Which form of the Simple API a client gets (PEP 691).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace granary::python {

enum class SimpleForm : std::uint8_t { json, html_v1, html };

/// "application/vnd.pypi.simple.v1+json" and so on: always a concrete type, never "latest".
std::string_view content_type_of(SimpleForm form) noexcept;

/// The form with the highest q; equal ones: JSON before HTML where the client names JSON, text/html
/// otherwise. An empty header means anything: text/html. So does a header that allows none of ours: clients
/// other than the index ones (uv --find-links, browsers) break on a 406, and PyPI answers so too.
SimpleForm negotiate(std::string_view accept);

/// The value of ?format=, which goes before Accept. Errc::invalid_argument for a type that is not ours.
Result<SimpleForm> parse_format(std::string_view value);

}  // namespace granary::python
