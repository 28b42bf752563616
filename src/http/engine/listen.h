#pragma once
/// Addresses as settings write them, and sockets that listen on them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

struct sockaddr_storage;

namespace granary::http {

/// ":4242", "127.0.0.1:0", "[::1]:80", "unix:/path".
struct Address {
  enum class Kind : std::uint8_t { any, v4, v6, unix_socket } kind = Kind::any;
  std::string host;  // or the path of the socket
  std::uint16_t port = 0;
};
Result<Address> parse_address(std::string_view text);

struct Bound {
  std::vector<UniqueFd> sockets;  // one per loop; a unix socket is one in all
  std::uint16_t port = 0;         // 0 for a unix socket
  std::string path;               // of a unix socket
};

/// Non-blocking sockets that listen already. All sockets of a TCP address share its port (SO_REUSEPORT). A
/// unix socket file that nobody answers on is removed first.
Result<Bound> bind_address(const Address& address, unsigned count, unsigned unix_mode);

/// "192.0.2.1", "2001:db8::1", "unix".
std::string peer_text(const sockaddr_storage& address);

}  // namespace granary::http
