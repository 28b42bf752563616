#pragma once
/// What git shows to those who keep a repository from everybody: a user and a password or token, or an SSH
/// key. Sealed in the database with the key of the cluster; no answer of the server ever holds one.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/encryption.h"
#include "build/builder.h"
#include "db/database.h"

namespace granary::build {

struct Credential {
  Transport kind = Transport::https;  // https or ssh
  std::string name;                   // unique of its kind
  std::string user{};                 // https
  std::string secret{};               // password or token; or the private key as its file has it
  std::string passphrase{};           // of an SSH key; empty: none
  Time created_at{}, changed_at{};
};

/// Safe for concurrent use.
class Credentials {
 public:
  Credentials(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock,
              std::optional<EncryptionKey> key)
      : database_(std::move(database)), clock_(std::move(clock)), key_(std::move(key)) {}

  /// Errc::conflict when there is one, unless `succeed_on_existing`, which leaves it as it is.
  /// Errc::unsupported when the server has no encryption key.
  Result<> create(const Context&, const Credential&, bool succeed_on_existing);
  /// Takes the place of what is given and not empty; a new key comes with its passphrase or without.
  Result<> change(const Context&, const Credential&);
  /// Errc::conflict while a builder uses it.
  Result<> remove(const Context&, Transport kind, std::string_view name);
  /// Without secrets, by kind and name.
  Result<std::vector<Credential>> list(const Context&);
  /// Those that were sealed with another key than this server's, as list() has them.
  Result<std::vector<Credential>> unopened(const Context&);
  /// With its secrets. Errc::not_found.
  Result<Credential> get(const Context&, Transport kind, std::string_view name);
  Result<> check_exists(const Context&, Transport kind, std::string_view name);

 private:
  Result<const EncryptionKey*> key() const;

  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
  std::optional<EncryptionKey> key_;
};

}  // namespace granary::build
