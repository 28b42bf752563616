#include "auth/secret.h"

#include <algorithm>

#include "base/hash.h"

namespace granary::auth {
namespace {

constexpr std::string_view kPrefix = "grn_";
constexpr std::size_t kBytes = 32;

constexpr bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string new_secret() { return std::string(kPrefix) + hex(as_bytes(random_bytes(kBytes))); }

bool looks_like_secret(std::string_view text) noexcept {
  if (!text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  return text.size() == 2 * kBytes && std::all_of(text.begin(), text.end(), is_hex);
}

Digest secret_digest(std::string_view secret) { return sha256(as_bytes(secret)); }

std::string new_token_id() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const auto digits = hex(as_bytes(bytes));
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
         digits.substr(16, 4) + "-" + digits.substr(20);
}

}  // namespace granary::auth
