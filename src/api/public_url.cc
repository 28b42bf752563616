#include "api/public_url.h"

#include <algorithm>

#include "base/text.h"

namespace granary::api {
namespace {

/// What a host name and port may look like; anything else is not put into a page.
bool is_host(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

}  // namespace

std::string base_url(std::string_view configured, const http::Request& request) {
  if (!configured.empty()) return std::string(configured);
  const auto host = request.header("Host");
  if (!is_host(host)) return {};
  const bool secure = request.tls || equals_ignore_case(request.header("X-Forwarded-Proto"), "https");
  return (secure ? "https://" : "http://") + std::string(host);
}

}  // namespace granary::api
