#include "config/secrets.h"

#include <fmt/format.h>

#include "base/file.h"
#include "config/settings_list.h"

namespace granary::config {
namespace {

constexpr std::uint64_t kMostKeyFile = 16 << 10;

tl::unexpected<Error> renamed(Result<EncryptionKey>&& failed, std::string_view where) {
  const auto& e = failed.error();
  return fail(e.code(), fmt::format("{}: {}", where, e.message()), e.hint());
}

}  // namespace

Result<std::optional<EncryptionKey>> find_key(const Settings& settings, const Environment& environment) {
  for (const char* name : {"GRANARY_ENCRYPTION_KEY", "PACKAGEMANAGER_ENCRYPTION_KEY"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    auto key = EncryptionKey::parse(found->second);
    if (!key) return renamed(std::move(key), name);
    return std::optional(*std::move(key));
  }
  const auto& path = settings.server.encryption_key_path;
  if (path.empty()) return std::optional<EncryptionKey>();
  const auto text = read_file(path, kMostKeyFile);
  if (!text) {
    const bool by_default = path == settings.server.data_dir + "/granary.key";
    if (by_default && text.error().code() == Errc::not_found) return std::optional<EncryptionKey>();
    return fail(
        Errc::invalid_argument, "Server.EncryptionKeyPath: " + text.error().message(),
        "copy the key of the other nodes there, or make one with: granary encrypt generate --path " + path);
  }
  auto key = EncryptionKey::parse(*text);
  if (!key) return renamed(std::move(key), "Server.EncryptionKeyPath " + path);
  return std::optional(*std::move(key));
}

Result<> decrypt_secrets(Settings& settings, const std::optional<EncryptionKey>& key) {
  for (const auto& spec : settings_list()) {
    if (spec.type != Type::secret || spec.target == nullptr) continue;
    const Target target = spec.target(settings);
    auto& secret = *std::get<Secret*>(target);
    if (!looks_encrypted(secret.value)) continue;
    const auto name = fmt::format("{}.{}", spec.section, spec.key);
    if (!key)
      return fail(Errc::invalid_argument, name + " is encrypted, but there is no key here",
                  "set Server.EncryptionKeyPath or GRANARY_ENCRYPTION_KEY to the key of the other nodes");
    auto plain = key->decrypt(secret.value);
    if (!plain)
      return fail(Errc::invalid_argument, name + ": " + plain.error().message(), plain.error().hint());
    secret.value = *std::move(plain);
  }
  return {};
}

}  // namespace granary::config
