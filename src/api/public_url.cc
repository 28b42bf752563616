#include "api/public_url.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/uri.h"

namespace granary::api {
namespace {

/// What a host name and port may look like; anything else is not put into a page.
bool is_host(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

/// "/granary" or "/a/b": unreserved characters only (RFC 3986, 2.3).
bool is_prefix(std::string_view text) noexcept {
  return text.starts_with('/') && text.size() <= 255 && text.find("//") == std::string_view::npos &&
         percent_encode(text, true) == text;
}

std::string_view without_slash(std::string_view path) noexcept {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// Each proxy adds to the end of the list: the first is the one that the client spoke to.
std::string_view first_of(std::string_view header) noexcept {
  return trim(header.substr(0, header.find(',')));
}

std::optional<std::string_view> scheme_in(std::string_view text) noexcept {
  if (equals_ignore_case(text, "https")) return "https://";
  if (equals_ignore_case(text, "http")) return "http://";
  return std::nullopt;
}

/// Of the URL that the client asked for.
std::optional<std::string> from_whole_url(std::string_view url, std::string_view path_here) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const auto scheme = scheme_in(url.substr(0, colon));
  const auto rest = url.substr(colon + 3);
  const auto slash = rest.find('/');
  const auto host = rest.substr(0, std::min(slash, rest.find('?')));
  if (!scheme || !is_host(host)) return std::nullopt;
  auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  path = path.substr(0, path.find('?'));
  std::string out = std::string(*scheme) + std::string(host);
  if (path.ends_with(path_here)) {
    path.remove_suffix(path_here.size());
    if (is_prefix(path)) out += without_slash(path);
  }
  return out;
}

std::string from_headers(const http::Request& request, std::string_view scheme, std::string_view host) {
  const auto forwarded_host = first_of(request.header("X-Forwarded-Host"));
  std::string out(scheme_in(first_of(request.header("X-Forwarded-Proto"))).value_or(scheme));
  const bool is_https = out == "https://";
  const auto shown = is_host(forwarded_host) ? forwarded_host : host;
  if (!is_host(shown)) return {};
  out += shown;
  const bool has_port = shown.rfind(':') != std::string_view::npos && !shown.ends_with(']');
  const auto port = parse_unsigned(first_of(request.header("X-Forwarded-Port")));
  if (port && *port <= 65535 && !has_port && *port != (is_https ? 443 : 80))
    out += ":" + std::to_string(*port);
  const auto prefix = without_slash(first_of(request.header("X-Forwarded-Prefix")));
  if (is_prefix(prefix)) out += prefix;
  return out;
}

}  // namespace

std::string base_url(std::string_view configured, const http::Request& request) {
  if (!configured.empty()) return std::string(configured);
  const std::string_view scheme = request.tls ? "https://" : "http://";
  const auto host = request.header("Host");
  if (!request.proxied) return is_host(host) ? std::string(scheme) + std::string(host) : std::string();
  if (auto whole = from_whole_url(request.header("X-RSPM-Request"), request.path())) return *std::move(whole);
  return from_headers(request, scheme, host);
}

}  // namespace granary::api
