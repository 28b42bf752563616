#pragma once
/// Percent encoding (RFC 3986) and query strings.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace granary {

/// Everything but unreserved characters; '/' too unless `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// Absent when an escape is broken or a NUL comes out.
std::optional<std::string> percent_decode(std::string_view text);
/// Decoded pairs in order; '+' is a space. Broken escapes are taken literally.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace granary
