#include "http/engine/forwarded.h"

#include <algorithm>

#include "base/text.h"

namespace granary::http {
namespace {

/// Of "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" and "[2001:db8::1]:4711"; empty when it is none of them.
std::string_view address_in(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {};
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  return is_address(text) ? text : std::string_view();
}

}  // namespace

bool is_trusted_proxy(std::string_view peer, const Networks& trusted) noexcept {
  return trusted.empty() || peer == "unix" || trusted.contains(peer);
}

std::string_view client_of(std::string_view peer,
                           const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                           const Networks& trusted) noexcept {
  std::string_view client = peer;
  if (!is_trusted_proxy(peer, trusted)) return client;
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (!equals_ignore_case(header->first, "X-Forwarded-For")) continue;
    for (std::string_view rest = header->second; !rest.empty();) {
      const auto comma = rest.rfind(',');
      const bool last = comma == std::string_view::npos;
      const auto address = address_in(trim(last ? rest : rest.substr(comma + 1)));
      if (address.empty()) return client;
      client = address;
      if (!is_trusted_proxy(client, trusted)) return client;
      rest = last ? std::string_view() : rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace granary::http
