#include "build/credentials.h"

#include <set>

#include "base/text.h"
#include "db/time_column.h"
#include "jobs/rows.h"

namespace granary::build {
namespace {

using db::from_micros;
using db::micros;
using db::Row;
using db::Session;

constexpr std::size_t kLongestSecret = 64 << 10, kLongestUser = 500;

Result<> check(const Credential& credential) {
  TRY(model::check_name(credential.name));
  if (credential.kind == Transport::file)
    return fail(Errc::invalid_argument, "there are no credentials for repositories of this machine",
                "use https or ssh");
  if (credential.secret.size() > kLongestSecret || credential.passphrase.size() > kLongestSecret ||
      credential.user.size() > kLongestUser)
    return fail(Errc::invalid_argument, "the credential is longer than any is", "look at what you gave");
  const auto& secret = credential.secret;
  const bool lines = secret.find('\n') != std::string::npos || secret.find('\r') != std::string::npos;
  if (credential.kind == Transport::https && (lines || secret.find('\0') != std::string::npos))
    return fail(Errc::invalid_argument, "the password has more than one line", "give it as one line");
  if (credential.kind == Transport::ssh && !secret.empty() &&
      (!secret.starts_with("-----BEGIN ") || secret.find("PRIVATE KEY-----") == std::string::npos))
    return fail(Errc::invalid_argument, "this is no private key for SSH",
                "give the file that ssh-keygen wrote, not the one that ends with .pub");
  return {};
}

std::string title(Transport kind, std::string_view name) {
  return std::string(name_of(kind)) + " credential '" + std::string(name.substr(0, 80)) + "'";
}

tl::unexpected<Error> none(Transport kind, std::string_view name) {
  return fail(Errc::not_found, "there is no " + title(kind, name),
              "list them with: granary list git-credentials");
}

}  // namespace

Result<const EncryptionKey*> Credentials::key() const {
  if (key_) return &*key_;
  return fail(Errc::unsupported, "the server has no encryption key, and keeps no credential without",
              "make one with: granary encrypt generate; put it where Server.EncryptionKeyPath says, and "
              "restart the server");
}

Result<> Credentials::create(const Context& ctx, const Credential& credential, bool succeed_on_existing) {
  TRY(check(credential));
  if (credential.secret.empty())
    return fail(Errc::invalid_argument, "the credential has no secret",
                "give the password, the token or the key");
  const auto* key = TRY(this->key());
  const auto secret = key->encrypt(credential.secret);
  const auto passphrase = credential.passphrase.empty() ? std::string() : key->encrypt(credential.passphrase);
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    const auto added = TRY(session.execute(
        "INSERT INTO git_credentials (kind, name_key, name, username, secret, passphrase, created_at, "
        "changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (kind, name_key) DO NOTHING",
        {name_of(credential.kind), std::string_view(lower(credential.name)),
         std::string_view(credential.name), std::string_view(credential.user), std::string_view(secret),
         std::string_view(passphrase), micros(clock_->now())}));
    if (added == 1 || succeed_on_existing) return {};
    return fail(Errc::conflict, "there is a " + title(credential.kind, credential.name) + " already",
                credential.kind == Transport::ssh ? "change it with: granary edit ssh-key"
                                                  : "change it with: granary edit https-credential");
  });
}

Result<> Credentials::change(const Context& ctx, const Credential& credential) {
  TRY(check(credential));
  const auto* key = TRY(this->key());
  const auto secret = credential.secret.empty() ? std::string() : key->encrypt(credential.secret);
  const auto passphrase = credential.passphrase.empty() ? std::string() : key->encrypt(credential.passphrase);
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    const auto changed = TRY(session.execute(
        "UPDATE git_credentials SET username = CASE WHEN $3 = '' THEN username ELSE $3 END, "
        "secret = CASE WHEN $4 = '' THEN secret ELSE $4 END, "
        "passphrase = CASE WHEN $4 = '' AND $5 = '' THEN passphrase ELSE $5 END, changed_at = $6 "
        "WHERE kind = $1 AND name_key = $2",
        {name_of(credential.kind), std::string_view(lower(credential.name)),
         std::string_view(credential.user), std::string_view(secret), std::string_view(passphrase),
         micros(clock_->now())}));
    if (changed == 0) return none(credential.kind, credential.name);
    // Who waits for it looks at the next time that the others are.
    TRY(session.execute("UPDATE git_builders SET look_pause = 0 WHERE LOWER(credential) = $1",
                        {std::string_view(lower(credential.name))}));
    return {};
  });
}

Result<> Credentials::remove(const Context& ctx, Transport kind, std::string_view name) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    std::string user;
    TRY(session.query("SELECT name, url, credential FROM git_builders WHERE credential <> ''", {},
                      [&](const Row& row) -> Result<> {
                        const auto transport = check_url(row.text(1));
                        if (transport && *transport == kind && equals_ignore_case(row.text(2), name))
                          user = row.text(0);
                        return {};
                      }));
    if (!user.empty())
      return fail(Errc::conflict, "the builder '" + user + "' uses the " + title(kind, name),
                  "take it away with: granary edit git-builder --remove-credential");
    if (TRY(session.execute("DELETE FROM git_credentials WHERE kind = $1 AND name_key = $2",
                            {name_of(kind), std::string_view(lower(name))})) == 0)
      return none(kind, name);
    return {};
  });
}

Result<std::vector<Credential>> Credentials::list(const Context& ctx) {
  std::vector<Credential> all;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    all.clear();
    return session.query(
        "SELECT kind, name, username, created_at, changed_at FROM git_credentials ORDER BY kind, name_key",
        {}, [&](const Row& row) -> Result<> {
          Credential one;
          one.kind = parse_transport(row.text(0)).value_or(Transport::https);
          one.name = row.text(1);
          one.user = row.text(2);
          one.created_at = from_micros(row.integer(3));
          one.changed_at = from_micros(row.integer(4));
          all.push_back(std::move(one));
          return {};
        });
  }));
  return all;
}

Result<std::vector<Credential>> Credentials::unopened(const Context& ctx) {
  const auto opens = [&](std::string_view sealed) {
    return sealed.empty() || (key_ && key_->decrypt(sealed).has_value());
  };
  std::set<std::pair<std::string, std::string>> closed;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    closed.clear();
    return session.query("SELECT kind, name, secret, passphrase FROM git_credentials", {},
                         [&](const Row& row) -> Result<> {
                           if (!opens(row.text(2)) || !opens(row.text(3)))
                             closed.emplace(row.text(0), row.text(1));
                           return {};
                         });
  }));
  if (closed.empty()) return std::vector<Credential>();
  auto all = TRY(list(ctx));
  std::erase_if(all, [&](const Credential& one) {
    return !closed.contains({std::string(name_of(one.kind)), one.name});
  });
  return all;
}

Result<> Credentials::check_exists(const Context& ctx, Transport kind, std::string_view name) {
  for (const auto& one : TRY(list(ctx))) {
    if (one.kind == kind && equals_ignore_case(one.name, name)) return {};
  }
  return none(kind, name);
}

Result<Credential> Credentials::get(const Context& ctx, Transport kind, std::string_view name) {
  std::optional<Credential> found;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    found.reset();
    return session.query(
        "SELECT name, username, secret, passphrase FROM git_credentials WHERE kind = $1 AND name_key = $2",
        {name_of(kind), std::string_view(lower(name))}, [&](const Row& row) -> Result<> {
          found = Credential{kind, std::string(row.text(0)), std::string(row.text(1)),
                             std::string(row.text(2)), std::string(row.text(3))};
          return {};
        });
  }));
  if (!found) return none(kind, name);
  const auto* key = TRY(this->key());
  found->secret = TRY(key->decrypt(found->secret));
  if (!found->passphrase.empty()) found->passphrase = TRY(key->decrypt(found->passphrase));
  return *std::move(found);
}

}  // namespace granary::build
