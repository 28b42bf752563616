/// The key for encrypted settings, and values under it. No server is asked.

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/session.h"
#include "config/secrets.h"

namespace granary::cli {
namespace {

Result<config::Settings> settings_of(const Session& session) {
  const auto path = config_path(session.args(), session.environment());
  const auto text = TRY(config_text(path));
  auto report = TRY(config::load(text, path, session.environment()));
  return std::move(report.settings);
}

Result<int> encrypt(Session& session) {
  const auto settings = TRY(settings_of(session));
  const auto key = TRY(config::find_key(settings, session.environment()));
  if (!key)
    return fail(Errc::not_found, "there is no encryption key yet", "make one with: granary encrypt generate");
  const auto secret = TRY(session.hooks().read_secret("secret: "));
  if (secret.empty()) return fail(Errc::invalid_argument, "the secret is empty", "give it on standard input");
  session.print(key->encrypt(secret) + "\n");
  return 0;
}

Result<int> generate(Session& session) {
  const auto text = EncryptionKey::generate();
  auto path = session.args().value("--path");
  if (path == "-") {
    session.print(text + "\n");
    return 0;
  }
  if (path.empty()) path = TRY(settings_of(session)).server.encryption_key_path;
  if (::access(path.c_str(), F_OK) == 0)
    return fail(Errc::conflict, path + " is there already",
                "what is encrypted with a key is lost with it: move it away first, or name another --path");
  TRY(write_file_durably(path, text + "\n", 0600));
  const auto key = TRY(EncryptionKey::parse(text));
  session.print(fmt::format("wrote the key {} to {}: copy it to every node\n", key.fingerprint(), path));
  return 0;
}

}  // namespace

std::vector<CommandSpec> encrypt_commands() {
  return {
      {"encrypt",
       "Encrypt a secret from standard input for the settings file",
       "encrypt < password.txt",
       {},
       encrypt},
      {"encrypt generate",
       "Make a new key for encrypted settings",
       "encrypt generate --path /etc/granary/granary.key",
       {{"--path", "FILE", "where it is written, for its owner only; -: printed (Server.EncryptionKeyPath)"}},
       generate},
  };
}

}  // namespace granary::cli
