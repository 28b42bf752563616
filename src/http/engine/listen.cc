#include "http/engine/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace granary::http {
namespace {

constexpr int kBacklog = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress tcp_address(const Address& address, std::uint16_t port) {
  SocketAddress out;
  if (address.kind == Address::Kind::v4) {
    auto* in = reinterpret_cast<sockaddr_in*>(&out.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    ::inet_pton(AF_INET, address.host.c_str(), &in->sin_addr);
    out.size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&out.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    in->sin6_addr = in6addr_any;
    if (address.kind == Address::Kind::v6) ::inet_pton(AF_INET6, address.host.c_str(), &in->sin6_addr);
    out.size = sizeof *in;
  }
  return out;
}

Result<UniqueFd> listen_tcp(const Address& address, std::uint16_t port) {
  Address used = address;
  UniqueFd fd(::socket(used.kind == Address::Kind::v4 ? AF_INET : AF_INET6,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd && used.kind == Address::Kind::any) {  // a machine without IPv6
    used.kind = Address::Kind::v4;
    used.host = "0.0.0.0";
    fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  }
  if (!fd) return system_error(errno, "create a socket");
  const int on = 1, off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  if (used.kind == Address::Kind::any) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  auto to = tcp_address(used, port);
  if (::bind(fd.get(), to.get(), to.size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    const int number = errno;
    const auto where = fmt::format("{}:{}", address.host, port);
    if (number == EADDRINUSE) {
      return fail(Errc::unavailable, "cannot listen on " + where + ": the port is taken",
                  "stop the program that has it (ss -ltnp shows it) or choose another port");
    }
    return system_error(number, "listen on " + where);
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  SocketAddress bound;
  bound.size = sizeof bound.storage;
  if (::getsockname(fd, bound.get(), &bound.size) != 0) return 0;
  return ntohs(bound.storage.ss_family == AF_INET
                   ? reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_port
                   : reinterpret_cast<sockaddr_in6*>(&bound.storage)->sin6_port);
}

/// Two servers must not take one name; plain TCP ports with SO_REUSEPORT could, were both ours, so ask first.
Result<> refuse_second_server(const Address& address) {
  if (address.port == 0) return {};
  UniqueFd probe(
      ::socket(address.kind == Address::Kind::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return {};
  const int on = 1, off = 0;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.kind == Address::Kind::any)
    ::setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  auto to = tcp_address(address, address.port);
  if (::bind(probe.get(), to.get(), to.size) != 0 && errno == EADDRINUSE) {
    return fail(Errc::unavailable,
                fmt::format("cannot listen on {}:{}: the port is taken", address.host, address.port),
                "stop the program that has it (ss -ltnp shows it) or choose another port");
  }
  return {};
}

Result<UniqueFd> listen_unix(const std::string& path, unsigned mode) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) {
    return fail(Errc::invalid_argument, "the path of the unix socket is too long: " + path,
                fmt::format("use at most {} bytes", sizeof to.sun_path - 1));
  }
  std::memcpy(to.sun_path, path.data(), path.size());
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  struct stat st{};
  if (::lstat(path.c_str(), &st) == 0) {
    if (!S_ISSOCK(st.st_mode))
      return fail(Errc::conflict, path + " exists and is not a socket", "choose another path");
    UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), address, sizeof to) == 0 || errno == EAGAIN) {
      return fail(Errc::conflict, "another server listens on " + path, "stop it, or choose another path");
    }
    ::unlink(path.c_str());
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return system_error(errno, "create a socket");
  // Nobody can connect between bind and listen, so the mode is right before the first client.
  if (::bind(fd.get(), address, sizeof to) != 0 || ::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return system_error(errno, "listen on " + path);
  }
  return fd;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const auto bad = [&](std::string why) {
    return fail(Errc::invalid_argument, fmt::format("bad listen address '{}': {}", text, why),
                "write :4242, 127.0.0.1:4242, [::1]:4242 or unix:/path");
  };
  Address out;
  if (text.starts_with("unix:")) {
    out.kind = Address::Kind::unix_socket;
    out.host = text.substr(5);
    if (out.host.empty()) return bad("the path is missing");
    return out;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("the port is missing");
  const auto port = parse_unsigned(text.substr(colon + 1));
  if (!port || *port > 65535) return bad("the port is not a number up to 65535");
  out.port = static_cast<std::uint16_t>(*port);
  auto host = text.substr(0, colon);
  if (host.empty() || host == "*") return out;
  unsigned char parsed[16];
  if (host.starts_with('[') && host.ends_with(']')) {
    out.kind = Address::Kind::v6;
    out.host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, out.host.c_str(), parsed) != 1) return bad("not an IPv6 address");
    return out;
  }
  out.kind = Address::Kind::v4;
  out.host = host == "localhost" ? std::string("127.0.0.1") : std::string(host);
  if (::inet_pton(AF_INET, out.host.c_str(), parsed) != 1) return bad("not an IPv4 address");
  return out;
}

Result<Bound> bind_address(const Address& address, unsigned count, unsigned unix_mode) {
  Bound bound;
  if (address.kind == Address::Kind::unix_socket) {
    bound.sockets.push_back(TRY(listen_unix(address.host, unix_mode)));
    bound.path = address.host;
    return bound;
  }
  TRY(refuse_second_server(address));
  bound.port = address.port;
  for (unsigned i = 0; i < count; ++i) {
    bound.sockets.push_back(TRY(listen_tcp(address, bound.port)));
    if (bound.port == 0) bound.port = port_of(bound.sockets.back().get());
  }
  return bound;
}

std::string peer_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    return text;
  }
  if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&in)) {
      ::inet_ntop(AF_INET, in.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &in, text, sizeof text);
    }
    return text;
  }
  return "unix";
}

}  // namespace granary::http
