#include "base/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace granary {
namespace {

using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

constexpr unsigned kMappedBits = 96;

std::optional<Bytes> address_of(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> zero_ended{};
  if (text.empty() || text.size() >= zero_ended.size() || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::copy(text.begin(), text.end(), zero_ended.begin());
  Bytes out{};
  if (::inet_pton(AF_INET6, zero_ended.data(), out.data()) == 1) return out;
  in_addr four{};
  if (::inet_pton(AF_INET, zero_ended.data(), &four) != 1) return std::nullopt;
  out[10] = out[11] = 0xFF;
  std::memcpy(out.data() + 12, &four, sizeof four);
  return out;
}

bool equal_in_bits(const Bytes& a, const Bytes& b, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

Result<Networks> Networks::parse(std::string_view comma_separated) {
  Networks out;
  for (const auto part : split(comma_separated, ',')) {
    const auto text = trim(part);
    if (text.empty()) continue;
    const auto slash = text.find('/');
    const auto address = address_of(text.substr(0, slash));
    const bool four = text.find(':') == std::string_view::npos;
    const std::uint64_t most = four ? 32 : 128;
    const auto bits = slash == std::string_view::npos ? most : parse_unsigned(text.substr(slash + 1));
    if (!address || !bits || *bits > most)
      return fail(Errc::invalid_argument, "'" + std::string(text.substr(0, 80)) + "' is not a network",
                  "write networks such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, with commas between them");
    out.networks_.push_back({*address, static_cast<unsigned>(*bits) + (four ? kMappedBits : 0)});
  }
  return out;
}

bool Networks::contains(std::string_view text) const noexcept {
  const auto address = address_of(text);
  return address && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           return equal_in_bits(*address, network.address, network.bits);
         });
}

bool is_address(std::string_view text) noexcept { return address_of(text).has_value(); }

}  // namespace granary
