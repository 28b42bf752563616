#pragma once
/// The PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt): how a balancer that forwards
/// connections says for whom. Pure: bytes in, decision out.

#include <cstdint>
#include <string>
#include <string_view>

namespace granary::http {

/// Longer headers are refused: 107 bytes are the most of version 1; version 2 may carry other fields, of
/// which the largest in use (a TLS certificate's names) stay far below this.
inline constexpr std::size_t kMostProxyHeader = 2048;

struct ProxyHeader {
  enum class State : std::uint8_t { more, complete, refused } state = State::more;
  std::size_t size = 0;  // when complete: what comes before the first byte of the client
  /// "192.0.2.1"; empty when the balancer speaks for itself (LOCAL, UNKNOWN) or for a unix socket.
  std::string client;
  const char* problem = "";  // when refused
};

/// `bytes`: everything received so far, from the first byte of the connection on.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace granary::http
