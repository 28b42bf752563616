#pragma once
/// Tokens and what they may do. Tokens are random and kept only as SHA-256; scopes are the incumbent's.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "db/database.h"

namespace granary::auth {

/// The topic of db::Database::on_change for tokens.
inline constexpr std::int64_t kTokensTopic = -1;

/// "global:admin", "sources:write", "sources:write:<name>", "sources:write:*", "repos:read",
/// "repos:read:<name>", "blocklist:admin", "blocklist:read", "metadata:admin".
struct Scope {
  std::string kind;  // "repos:read"
  std::string name;  // empty or "*": all
};
Result<std::vector<Scope>> parse_scopes(std::string_view comma_separated);
std::string to_text(const std::vector<Scope>& scopes);

/// Who asks, once proved.
struct Principal {
  std::string description;  // for the log and for transactions: the token's, or "local"
  std::string token_id;     // empty for the unix socket
  std::vector<Scope> scopes;
  bool may_admin() const;
  bool may_publish(std::string_view source) const;
  bool may_read(std::string_view repository) const;
};
Principal local_principal();  // the unix socket: everything

struct TokenInfo {
  std::string id;  // GUID
  std::string description;
  std::string user;
  std::vector<Scope> scopes;
  Time created_at{};
  std::optional<Time> expires_at;
  std::optional<Time> revoked_at;
};
struct NewToken {
  TokenInfo info;
  std::string secret;  // shown once
};

/// Safe for concurrent use.
class Tokens {
 public:
  virtual ~Tokens() = default;
  virtual Result<NewToken> create(const Context&, TokenInfo info) = 0;  // id and created_at are given
  virtual Result<std::vector<TokenInfo>> list(const Context&) = 0;
  /// By GUID or by the secret itself. Errc::not_found.
  virtual Result<TokenInfo> revoke(const Context&, std::string_view id_or_secret) = 0;
  /// Errc::unauthenticated for an unknown, expired or revoked secret. Answers are cached for some seconds and
  /// dropped at once on a revocation by any node; a burst with one new secret costs one query.
  virtual Result<Principal> verify(const Context&, std::string_view secret) = 0;
};

std::unique_ptr<Tokens> make_tokens(std::shared_ptr<db::Database>, std::shared_ptr<const Clock>);
std::span<const db::Migration> migrations();

/// The secret in an Authorization header: "Bearer x", or Basic whose password is the token (any user;
/// "__token__" is the convention). Absent header: nullopt. Errc::unauthenticated when it is of another form.
Result<std::optional<std::string>> secret_of(std::string_view authorization_header);

}  // namespace granary::auth
