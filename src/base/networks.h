#pragma once
/// Sets of IP networks, as settings name them.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary {

/// Immutable; safe for concurrent use.
class Networks {
 public:
  /// "10.0.0.0/8, 2001:db8::/32, 192.0.2.7"; empty: none. Errc::invalid_argument names what is no network.
  static Result<Networks> parse(std::string_view comma_separated);
  bool empty() const noexcept { return networks_.empty(); }
  /// False too for what is no address. An IPv4 address and its IPv6 form (::ffff:192.0.2.7) are the same.
  bool contains(std::string_view address) const noexcept;

 private:
  struct Network {
    std::array<std::uint8_t, 16> address{};
    unsigned bits = 128;
  };
  std::vector<Network> networks_;
};

/// Whether it is an IPv4 or IPv6 address, without a port or brackets.
bool is_address(std::string_view text) noexcept;

}  // namespace granary
