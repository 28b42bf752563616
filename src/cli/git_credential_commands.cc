/// Credentials of builders. Secrets come from a file or from standard input.

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/json_table.h"
#include "cli/session.h"

namespace granary::cli {
namespace {

constexpr std::uint64_t kLongestFile = 64 << 10;

Result<std::string> https_body(Session& session, bool is_new) {
  const auto& args = session.args();
  JsonWriter json;
  json.begin_object();
  if (is_new) {
    json.member("type", "https");
    json.member("name", args.value("--name"));
    json.member("succeed_on_existing", args.on("--succeed-on-existing"));
  }
  if (args.has("--username")) json.member("username", args.value("--username"));
  if (args.has("--password")) {
    json.member("password", args.value("--password"));
  } else if (is_new || !args.has("--username")) {
    const auto secret = TRY(session.hooks().read_secret("password or token: "));
    if (secret.empty())
      return fail(Errc::invalid_argument, "the password is empty", "give it on standard input");
    json.member("password", secret);
  }
  json.end_object();
  return std::move(json).take();
}

Result<std::string> ssh_body(Session& session, bool is_new) {
  const auto& args = session.args();
  JsonWriter json;
  json.begin_object();
  if (is_new) {
    json.member("type", "ssh");
    json.member("name", args.value("--name"));
    json.member("succeed_on_existing", args.on("--succeed-on-existing"));
  }
  json.member("key", TRY(read_file(args.value("--path"), kLongestFile)));
  if (args.has("--passphrase-path"))
    json.member("passphrase", trim(TRY(read_file(args.value("--passphrase-path"), kLongestFile))));
  json.end_object();
  return std::move(json).take();
}

Result<int> keep(Session& session, std::string_view method, const std::string& path, const std::string& body,
                 std::string_view said) {
  return session.show(method, path, body, [&](const Json& json) {
    session.print(fmt::format("{} credential '{}' {}\n", text_of(json, "type"), text_of(json, "name"), said));
  });
}

Result<int> import_https(Session& session) {
  return keep(session, "POST", "/git-credentials", TRY(https_body(session, true)), "is there");
}
Result<int> edit_https(Session& session) {
  return keep(session, "PATCH", endpoint({"git-credentials", "https", session.args().value("--name")}),
              TRY(https_body(session, false)), "was changed");
}
Result<int> import_ssh(Session& session) {
  return keep(session, "POST", "/git-credentials", TRY(ssh_body(session, true)), "is there");
}
Result<int> edit_ssh(Session& session) {
  return keep(session, "PATCH", endpoint({"git-credentials", "ssh", session.args().value("--name")}),
              TRY(ssh_body(session, false)), "was changed");
}

Result<int> remove(Session& session, const std::string& type) {
  const auto name = session.args().value("--name");
  return session.show("DELETE", endpoint({"git-credentials", type, name}), {}, [&](const Json&) {
    session.print(fmt::format("{} credential '{}' was deleted\n", type, name));
  });
}
Result<int> remove_any(Session& session) { return remove(session, session.args().value("--type")); }
Result<int> remove_ssh(Session& session) { return remove(session, "ssh"); }

Result<int> list(Session& session) {
  return session.show("GET", "/git-credentials", {}, [&](const Json& json) {
    session.print(rows_of(json, {"TYPE", "NAME", "USER", "CREATED", "CHANGED"},
                          {"type", "name", "username", "created", "changed"}, "no credentials"));
  });
}

}  // namespace

std::vector<CommandSpec> git_credential_commands() {
  const FlagSpec name = {"--name", "NAME", "name of the credential", true};
  const FlagSpec user = {"--username", "NAME", "user of the git server"};
  const FlagSpec password = {"--password", "TEXT",
                             "password or token; better left out: it is read from standard input"};
  const FlagSpec key = {"--path", "FILE", "the private key, as ssh-keygen wrote it", true};
  const FlagSpec passphrase = {"--passphrase-path", "FILE", "file with the passphrase of the key"};
  const FlagSpec existing = {"--succeed-on-existing", "", "succeed when it is there already, and leave it"};
  return {
      {"import https-credential",
       "Keep a user and a password or token for git over HTTPS, sealed with the server's key",
       "import https-credential --name team --username bot < token.txt",
       {name, {"--username", "NAME", "user of the git server", true}, password, existing},
       import_https},
      {"edit https-credential",
       "Change a user or a password; builders use the new one from then on",
       "edit https-credential --name team < token.txt",
       {name, user, password},
       edit_https},
      {"import ssh-key",
       "Keep a private key for git over SSH, sealed with the server's key",
       "import ssh-key --name deploy --path id_ed25519",
       {name, key, passphrase, existing},
       import_ssh},
      {"edit ssh-key",
       "Put another key in the place of one",
       "edit ssh-key --name deploy --path id_ed25519",
       {name, key, passphrase},
       edit_ssh},
      {"delete git-credential",
       "Delete a credential that no builder uses",
       "delete git-credential --type https --name team",
       {{"--type", "https|ssh", "type of the credential", true}, name},
       remove_any},
      {"delete ssh-key",
       "Delete a key that no builder uses",
       "delete ssh-key --name deploy",
       {name},
       remove_ssh},
      {"list git-credentials", "List credentials, without their secrets", "list git-credentials", {}, list},
  };
}

}  // namespace granary::cli
