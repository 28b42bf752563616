#include "auth/shared_key.h"

namespace granary::auth {
namespace {

Result<> store(db::WriteSession& session, std::string_view fingerprint, bool replace) {
  if (replace) TRY(session.execute("DELETE FROM shared_key", {}));
  if (fingerprint.empty()) return {};
  TRY(session.execute(
      "INSERT INTO shared_key (only_row, fingerprint) VALUES (1, $1) ON CONFLICT (only_row) DO NOTHING",
      {fingerprint}));
  return {};
}

}  // namespace

Result<> check_shared_key(const Context& ctx, db::Database& database, std::string_view fingerprint,
                          bool replace) {
  std::string remembered;
  TRY(database.write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(store(session, fingerprint, replace));
    remembered.clear();
    return session.query("SELECT fingerprint FROM shared_key", {}, [&](const db::Row& row) -> Result<> {
      remembered = row.text(0);
      return {};
    });
  }));
  if (remembered == fingerprint) return {};
  const std::string mine =
      fingerprint.empty() ? "no encryption key" : "the encryption key " + std::string(fingerprint);
  return fail(
      Errc::conflict, "this node has " + mine + ", but its database is used with the key " + remembered,
      "give every node the same key (Server.EncryptionKeyPath); after a change of the key, stop every "
      "node and start the first with: granary serve --accept-key");
}

}  // namespace granary::auth
