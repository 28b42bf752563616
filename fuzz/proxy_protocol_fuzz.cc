// Whatever a connection begins with, it is a header, the beginning of one, or refused; more bytes do not
// change what was decided.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/networks.h"
#include "http/engine/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using State = granary::http::ProxyHeader::State;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = granary::http::parse_proxy_header(bytes);
  if (parsed.state == State::more && size >= granary::http::kMostProxyHeader) std::abort();
  if (parsed.state == State::complete) {
    if (parsed.size == 0 || parsed.size > size) std::abort();
    if (!parsed.client.empty() && !granary::is_address(parsed.client)) std::abort();
  }
  if (parsed.state == State::refused && *parsed.problem == '\0') std::abort();
  const auto again = granary::http::parse_proxy_header(bytes + "x");
  if (parsed.state != State::more && (again.state != parsed.state || again.size != parsed.size)) std::abort();
  return 0;
}
