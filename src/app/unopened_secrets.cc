#include "app/unopened_secrets.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"

namespace granary::app {
namespace {

constexpr std::size_t kNamed = 10;

std::string named(std::vector<std::string> names) {
  const auto more = names.size() - std::min(names.size(), kNamed);
  names.resize(names.size() - more);
  return join(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

Result<> warn_of_unopened_secrets(const Context& ctx, build::Credentials& credentials,
                                  catalog::Catalog& catalog, const std::optional<EncryptionKey>& key) {
  std::vector<std::string> names, commands;
  const auto add = [&](const std::string& name, const std::string& command) {
    names.push_back(name);
    if (commands.empty() || commands.back() != command) commands.push_back(command);
  };
  for (const auto& one : TRY(credentials.unopened(ctx))) {
    one.kind == build::Transport::ssh
        ? add("SSH key " + one.name, "granary edit ssh-key --name NAME --path FILE")
        : add("HTTPS credential " + one.name, "granary edit https-credential --name NAME");
  }
  std::vector<model::Source> sources;
  TRY(catalog.read(ctx, [&](catalog::ReadView& view) -> Result<> {
    sources = TRY(view.sources());
    return {};
  }));
  for (const auto& source : sources) {
    const auto& password = source.upstream.password;
    if (looks_encrypted(password) && (!key || !key->decrypt(password)))
      add("password of the source " + source.name, "granary edit source --name NAME --password TEXT");
  }
  if (names.empty()) return {};
  const auto count = std::to_string(names.size());
  ctx.log().warn(
      "secrets in the database were sealed with another encryption key and cannot be opened",
      {{"count", count}, {"secrets", named(names)}, {"hint", "give each anew: " + join(commands, "; ")}});
  return {};
}

}  // namespace granary::app
