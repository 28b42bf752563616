#include <fmt/format.h>

#include <array>

#include "auth/auth.h"
#include "auth/secret.h"
#include "auth/verify_cache.h"
#include "base/text.h"
#include "db/time_column.h"

namespace granary::auth {
namespace {

constexpr std::array<db::Migration, 2> kMigrations = {{{"auth.0001", R"(
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  secret_sha256 {bytes} NOT NULL UNIQUE,
  description TEXT NOT NULL,
  owner TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
)"},
                                                       {"auth.0002", R"(
CREATE TABLE shared_key (
  only_row BIGINT NOT NULL PRIMARY KEY,
  fingerprint {text} NOT NULL
);
)"}}};

constexpr std::size_t kMaxDescription = 500;

db::Value when(const std::optional<Time>& time) {
  if (!time) return nullptr;
  return db::micros(*time);
}
db::Blob blob_of(const Digest& digest) { return {as_text(digest.bytes)}; }

Result<TokenInfo> token_of(const db::Row& row) {
  TokenInfo info;
  info.id = row.text(0);
  info.description = row.text(1);
  info.user = row.text(2);
  info.scopes = TRY(parse_scopes(row.text(3)));
  info.created_at = db::from_micros(row.integer(4));
  info.expires_at = db::optional_time(row, 5);
  info.revoked_at = db::optional_time(row, 6);
  return info;
}

class DbTokens final : public Tokens {
 public:
  DbTokens(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock,
           std::shared_ptr<VerifyCache> cache)
      : database_(std::move(database)), clock_(std::move(clock)), cache_(std::move(cache)) {}

  Result<NewToken> create(const Context& ctx, TokenInfo info) override {
    if (trim(info.description).empty())
      return fail(Errc::invalid_argument, "the token has no description", "say what it is for");
    if (info.description.size() > kMaxDescription || info.user.size() > kMaxDescription)
      return fail(Errc::invalid_argument, "the description or user is longer than 500 bytes", "shorten it");
    if (info.scopes.empty())
      return fail(Errc::invalid_argument, "the token has no scope", "for example sources:write:<name>");
    info.created_at = clock_->now();
    info.revoked_at.reset();
    if (info.expires_at && *info.expires_at <= info.created_at)
      return fail(Errc::invalid_argument, "the token would expire before it is made", "give a time to come");
    info.id = new_token_id();
    NewToken made{info, new_secret()};
    const Digest digest = secret_digest(made.secret);
    const std::string scopes = to_text(info.scopes);
    TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
      TRY(session.execute(
          "INSERT INTO tokens (id, secret_sha256, description, owner, scopes, created_at, expires_at) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {info.id, blob_of(digest), info.description, info.user, scopes, when(info.created_at),
           when(info.expires_at)}));
      session.announce(kTokensTopic);
      return {};
    }));
    return made;
  }

  Result<std::vector<TokenInfo>> list(const Context& ctx) override {
    std::vector<TokenInfo> out;
    TRY(database_->read(ctx, [&](db::Session& session) -> Result<> {
      out.clear();
      return session.query(
          "SELECT id, description, owner, scopes, created_at, expires_at, revoked_at FROM tokens "
          "ORDER BY created_at, id",
          {}, [&](const db::Row& row) -> Result<> {
            out.push_back(TRY(token_of(row)));
            return {};
          });
    }));
    return out;
  }

  Result<TokenInfo> revoke(const Context& ctx, std::string_view id_or_secret) override {
    const Digest digest = secret_digest(id_or_secret);
    const auto now = when(clock_->now());
    std::optional<TokenInfo> revoked;
    TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
      revoked.reset();
      TRY(session.query(
          "UPDATE tokens SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2 OR secret_sha256 = $3 "
          "RETURNING id, description, owner, scopes, created_at, expires_at, revoked_at",
          {now, id_or_secret, blob_of(digest)}, [&](const db::Row& row) -> Result<> {
            revoked = TRY(token_of(row));
            return {};
          }));
      session.announce(kTokensTopic);
      return {};
    }));
    if (!revoked) return fail(Errc::not_found, "no such token", "list them with: granary list tokens");
    return std::move(*revoked);
  }

  Result<Principal> verify(const Context& ctx, std::string_view secret) override {
    if (!looks_like_secret(secret)) return refused("the token is not one of this server");
    const Digest digest = secret_digest(secret);
    const auto verdict = TRY(cache_->get(ctx, digest, [&] { return ask(ctx, digest); }));
    if (!verdict.principal) return refused("the token is unknown or revoked");
    if (verdict.expires_at && clock_->now() >= *verdict.expires_at) return refused("the token has expired");
    return *verdict.principal;
  }

 private:
  static tl::unexpected<Error> refused(std::string message) {
    return fail(Errc::unauthenticated, std::move(message), "make one with: granary create token");
  }

  Result<Verdict> ask(const Context& ctx, const Digest& digest) {
    Verdict verdict;
    TRY(database_->read(ctx, [&](db::Session& session) -> Result<> {
      verdict = {};
      return session.query(
          "SELECT id, description, owner, scopes, created_at, expires_at, revoked_at FROM tokens "
          "WHERE secret_sha256 = $1 AND revoked_at IS NULL",
          {blob_of(digest)}, [&](const db::Row& row) -> Result<> {
            auto info = TRY(token_of(row));
            verdict.principal =
                Principal{std::move(info.description), std::move(info.id), std::move(info.scopes)};
            verdict.expires_at = info.expires_at;
            return {};
          });
    }));
    return verdict;
  }

  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
  std::shared_ptr<VerifyCache> cache_;
};

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

std::unique_ptr<Tokens> make_tokens(std::shared_ptr<db::Database> database,
                                    std::shared_ptr<const Clock> clock) {
  auto cache = std::make_shared<VerifyCache>(clock);
  database->on_change([cache](std::span<const std::int64_t> topics) {
    if (topics.empty()) return cache->doubt();
    if (std::find(topics.begin(), topics.end(), kTokensTopic) != topics.end()) cache->clear();
  });
  return std::make_unique<DbTokens>(std::move(database), std::move(clock), std::move(cache));
}

}  // namespace granary::auth
