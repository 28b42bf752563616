#include "auth/auth.h"
#include "base/text.h"

namespace granary::auth {
namespace {

constexpr std::size_t kMaxHeader = 8192;

tl::unexpected<Error> malformed() {
  return fail(Errc::unauthenticated, "the Authorization header is not understood",
              "send 'Bearer <token>', or Basic with any user and the token as password");
}

}  // namespace

Result<std::optional<std::string>> secret_of(std::string_view authorization_header) {
  const auto header = trim(authorization_header);
  if (header.empty()) return std::nullopt;
  const auto space = header.find(' ');
  if (space == std::string_view::npos || header.size() > kMaxHeader) return malformed();
  const auto scheme = header.substr(0, space);
  const auto rest = trim(header.substr(space));
  if (equals_ignore_case(scheme, "Bearer")) {
    if (rest.empty() || rest.find(' ') != std::string_view::npos) return malformed();
    return std::string(rest);
  }
  if (!equals_ignore_case(scheme, "Basic")) return malformed();
  const auto pair = unbase64(rest);
  if (!pair) return malformed();
  const auto colon = pair->find(':');
  if (colon == std::string::npos) return malformed();
  // Some clients put a lone credential of a URL (https://token@host) into the user.
  const bool lone = colon + 1 == pair->size();
  std::string secret = lone ? pair->substr(0, colon) : pair->substr(colon + 1);
  if (secret.empty()) return malformed();
  return secret;
}

}  // namespace granary::auth
