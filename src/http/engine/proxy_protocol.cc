#include "http/engine/proxy_protocol.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace granary::http {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignature1 = "PROXY ", kSignature2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kMostLine = 107, kFixedPart = 16;

ProxyHeader refused(const char* problem) { return {ProxyHeader::State::refused, 0, {}, problem}; }
ProxyHeader complete(std::size_t size, std::string client) {
  return {ProxyHeader::State::complete, size, std::move(client), ""};
}

/// Whether `bytes` may still grow into `signature`, or begins with it.
bool may_begin(std::string_view bytes, std::string_view signature) noexcept {
  const auto common = std::min(bytes.size(), signature.size());
  return bytes.substr(0, common) == signature.substr(0, common);
}

bool is_address(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // inet_pton would not see what follows
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(family, std::string(text).c_str(), ignored.data()) == 1;
}

bool is_port(std::string_view text) noexcept {
  const auto port = parse_unsigned(text);
  return port && *port <= 65535 && (text.size() == 1 || text.front() != '0');
}

/// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
ProxyHeader parse_line(std::string_view bytes) {
  const auto end = bytes.substr(0, kMostLine).find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kMostLine) return refused("the PROXY line does not end");
    return {};
  }
  const auto parts = split(bytes.substr(0, end), ' ');
  const auto size = end + 2;
  if (parts[1] == "UNKNOWN") return complete(size, {});
  const int family = parts[1] == "TCP4" ? AF_INET : parts[1] == "TCP6" ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC || parts.size() != 6) return refused("the PROXY line is not of a known form");
  if (!is_address(family, parts[2]) || !is_address(family, parts[3]))
    return refused("the PROXY line has something that is no address");
  if (!is_port(parts[4]) || !is_port(parts[5]))
    return refused("the PROXY line has something that is no port");
  return complete(size, std::string(parts[2]));
}

std::string address_text(int family, std::string_view raw) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, raw.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

ProxyHeader parse_binary(std::string_view bytes) {
  if (bytes.size() < kFixedPart) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned version = byte(12) >> 4, command = byte(12) & 0xF, family = byte(13) >> 4,
                 transport = byte(13) & 0xF;
  const std::size_t length = std::size_t{byte(14)} << 8 | byte(15), size = kFixedPart + length;
  if (version != 2) return refused("the PROXY header is of an unknown version");
  if (command > 1) return refused("the PROXY header has an unknown command");
  if (family > 3 || transport > 2) return refused("the PROXY header has an unknown kind of address");
  if (size > kMostProxyHeader) return refused("the PROXY header is too long");
  if (bytes.size() < size) return {};
  if (command == 0 || family == 0 || transport == 0) return complete(size, {});  // LOCAL, UNSPEC
  constexpr std::array<std::size_t, 4> kAddresses = {0, 12, 36, 216};            // IPv4, IPv6, unix
  if (length < kAddresses[family]) return refused("the PROXY header is shorter than its addresses");
  if (family == 1) return complete(size, address_text(AF_INET, bytes.substr(kFixedPart, 4)));
  if (family == 2) return complete(size, address_text(AF_INET6, bytes.substr(kFixedPart, 16)));
  return complete(size, {});
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (may_begin(bytes, kSignature2)) return parse_binary(bytes);
  if (may_begin(bytes, kSignature1))
    return bytes.size() <= kSignature1.size() ? ProxyHeader{} : parse_line(bytes);
  return refused("the connection does not begin with a PROXY header");
}

}  // namespace granary::http
