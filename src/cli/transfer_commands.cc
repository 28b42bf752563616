/// Backup, restore, migrate: they open the database and the store of the settings themselves, as their server
/// does, so they run on its machine and as its user.

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "cli/bundle_commands.h"
#include "cli/package_choice.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/transfer.h"
#include "config/secrets.h"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 3;  // of a backup while the collector runs
constexpr std::uint64_t kMostManifest = 4 << 20;
constexpr auto kManifest = "/manifest.json";

Result<config::Settings> settings_in(const Session& session, const std::string& path) {
  const auto text = TRY(config_text(path));
  auto report = TRY(config::load(text, path, session.environment()));
  const auto key = TRY(config::find_key(report.settings, session.environment()));
  TRY(config::decrypt_secrets(report.settings, key));
  return std::move(report.settings);
}

Result<config::Settings> settings_of(const Session& session) {
  return settings_in(session, config_path(session.args(), session.environment()));
}

/// SQLite and a folder below `folder`, where a server with that DataDir looks for them.
config::Settings places_below(const std::string& folder) {
  config::Settings s;
  s.server.data_dir = folder;
  s.database.provider = "sqlite";
  s.sqlite.dir = folder + "/db";
  s.storage.fallback = "file";
  s.file_storage.location = folder + "/packages";
  return s;
}

std::string place_of_database(const config::Settings& s) {
  return s.database.provider == "postgres" ? s.postgres.url : s.sqlite.dir;
}
std::string place_of_packages(const config::Settings& s) {
  if (s.storage.fallback != "s3") return s.file_storage.location;
  return fmt::format("s3 {} {}/{}", s.s3.endpoint, s.s3.bucket, s.s3.prefix);
}

Result<Transferred> run(Session& session, const Transfer& what) {
  std::optional<Progress> bar;
  auto shown = Transfer::Stage::verification;
  const auto progress = [&](Transfer::Stage stage, std::uint64_t done, std::uint64_t total) {
    if (!bar || shown != stage) {
      shown = stage;
      bar.reset();
      const auto unit = stage == Transfer::Stage::database ? Progress::Unit::count : Progress::Unit::bytes;
      bar.emplace(session.streams().err, session.streams().err_is_terminal, total, unit);
    }
    bar->show(done, stage == Transfer::Stage::database   ? "rows"
                    : stage == Transfer::Stage::packages ? "packages"
                                                         : "verifying");
  };
  return session.hooks().transfer(session.context(), what, progress);
}

Result<> check_problems(const Transferred& done) {
  if (done.problems.empty()) return {};
  return fail(
      Errc::corrupt,
      fmt::format("{} problems in the copy, the first: {}", done.problems.size(), done.problems.front()),
      "granary verify names them all in the source");
}

std::string manifest_of(const Session& session, const Transferred& done) {
  JsonWriter json;
  json.begin_object();
  json.member("format", std::uint64_t{1});
  json.member("version", session.hooks().version);
  json.member("blobs", done.blobs);
  json.member("bytes", done.bytes);
  json.key("tables");
  json.begin_array();
  for (const auto& table : done.tables) {
    json.begin_object();
    json.member("name", table.name);
    json.member("rows", table.rows);
    json.member("sum", table.sum);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take() + "\n";
}

/// Tables that a later version of the program has added are empty in an older backup.
Result<> check_manifest(const std::string& folder, const Transferred& done) {
  const auto text = read_file(folder + kManifest, kMostManifest);
  if (!text)
    return fail(Errc::invalid_argument, folder + " is not a backup: " + text.error().message(),
                "name a folder that granary backup made");
  const auto json = TRY(Json::parse(*text));
  for (const auto& table : json["tables"].items()) {
    const auto name = table["name"].string().value_or("");
    const bool same = std::any_of(done.tables.begin(), done.tables.end(), [&](const Transferred::Table& one) {
      return one.name == name && one.sum == table["sum"].string().value_or("");
    });
    if (!same)
      return fail(Errc::corrupt, fmt::format("the table {} of the backup is not what was backed up", name),
                  "use another backup");
  }
  return {};
}

std::string summary(const Transferred& done) {
  return fmt::format("{} rows, {} package files, {}", done.rows, done.blobs, human_size(done.bytes));
}

bool is_missing_or_empty(const std::string& folder) {
  std::error_code error;
  return !fs::exists(folder, error) || (fs::is_directory(folder, error) && fs::is_empty(folder, error));
}

Result<> rename_folder(const std::string& from, const std::string& to) {
  TRY(sync_directory(from));
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "rename " + from + " to " + to);
  return sync_directory(fs::path(to).parent_path().string());
}

Result<std::string> absolute(const std::string& path) {
  std::error_code error;
  auto out = fs::absolute(path, error).lexically_normal().string();
  if (error) return system_error(error.value(), "find " + path);
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

Result<int> backup(Session& session) {
  const auto to = TRY(absolute(session.args().value("--to")));
  if (!is_missing_or_empty(to))
    return fail(Errc::conflict, to + " is there already", "name a new folder for each backup");
  const auto partial = to + ".partial";
  Transfer what;
  what.from = TRY(settings_of(session));
  what.to = places_below(partial);
  what.source_is_live = true;
  ::umask(0077);  // hashes of tokens are in it
  Transferred done;
  for (int attempt = 1;; ++attempt) {
    std::error_code ignored;
    fs::remove_all(what.to.sqlite.dir, ignored);  // of an earlier moment
    done = TRY(run(session, what));
    if (done.problems.empty() || attempt == kTries) break;
  }
  TRY(check_problems(done));
  TRY(write_file_durably(partial + kManifest, manifest_of(session, done), 0600));
  TRY(rename_folder(partial, to));
  session.print(fmt::format("backed up {} to {}\n", summary(done), to));
  return 0;
}

Result<int> restore(Session& session) {
  const auto from = TRY(absolute(session.args().value("--from")));
  Transfer what;
  what.from = places_below(from);
  if (!fs::exists(from + kManifest))
    return fail(Errc::invalid_argument, from + " is not a backup: it has no manifest.json",
                "name a folder that granary backup made");
  ::umask(0077);
  std::string partial, folder;
  if (session.args().has("--data-dir")) {
    folder = TRY(absolute(session.args().value("--data-dir")));
    partial = folder + ".partial";
    if (!is_missing_or_empty(folder))
      return fail(Errc::conflict, folder + " is not empty", "name a new folder, or move that one away");
    what.to = places_below(partial);
    std::error_code ignored;
    fs::remove_all(what.to.sqlite.dir, ignored);  // of a restore that was killed
  } else {
    what.to = TRY(settings_of(session));
  }
  const auto done = TRY(run(session, what));
  TRY(check_problems(done));
  TRY(check_manifest(from, done));
  if (!partial.empty()) TRY(rename_folder(partial, folder));
  session.print(fmt::format("restored {} from {}, every byte verified\n", summary(done), from));
  return 0;
}

/// The server of the old settings goes on reading; what it would write after this the copy would not have.
Result<bool> make_read_only(Session& session, const config::Settings& old) {
  if (!fs::exists(old.socket_path())) return false;
  ServerAddress address;
  address.socket = old.socket_path();
  address.start_with = "granary serve";
  const auto server = TRY(ServerClient::create(std::move(address), session.streams().err));
  const auto reply = server->call(session.context(), "POST", "/read-only?on=true", {});
  if (reply) return true;
  if (reply.error().code() == Errc::unavailable) return false;  // a socket that a killed server left
  return tl::unexpected(reply.error());
}

Result<int> migrate(Session& session) {
  Transfer what;
  what.from = TRY(settings_in(session, session.args().value("--from")));
  what.to = TRY(settings_in(session, session.args().value("--to")));
  what.database = place_of_database(what.from) != place_of_database(what.to);
  what.packages = place_of_packages(what.from) != place_of_packages(what.to);
  if (!what.database && !what.packages)
    return fail(Errc::invalid_argument, "both files name the same database and the same storage",
                "give the new place in the file after --to");
  const bool running = TRY(make_read_only(session, what.from));
  const auto done = TRY(run(session, what));
  TRY(check_problems(done));
  session.print(fmt::format("moved {}, verified{}\n", summary(done),
                            !what.packages   ? "; the packages stay where they are"
                            : !what.database ? "; the database stays where it is"
                                             : ""));
  session.print(running ? "the old server is read-only now: stop it and start the new one: "
                        : "start the new server: ");
  session.print(fmt::format("granary serve -c {}\n", session.args().value("--to")));
  return 0;
}

Result<int> read_only(Session& session, bool on) {
  return session.show("POST", fmt::format("/read-only?on={}", on), {}, [&](const Json&) {
    session.print(on ? "this server is read-only: writes are answered 503\n"
                     : "this server takes writes again\n");
  });
}
Result<int> read_only_on(Session& session) { return read_only(session, true); }
Result<int> read_only_off(Session& session) { return read_only(session, false); }

std::vector<FlagSpec> with_choice(std::vector<FlagSpec> flags) {
  const auto more = choice_flags();
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

}  // namespace

std::vector<CommandSpec> transfer_commands() {
  return {
      {"backup",
       "Copy the database and all packages to a new folder, while the server runs",
       "backup --to /backup/granary-monday",
       {{"--to", "FOLDER", "made whole or not at all; a backup that was killed goes on", true}},
       backup},
      {"restore",
       "Put a backup in an empty place, and verify every byte of it",
       "restore --from /backup/granary-monday --data-dir /var/lib/granary",
       {{"--from", "FOLDER", "as granary backup made it", true},
        {"--data-dir", "FOLDER",
         "a new Server.DataDir with SQLite and files (the places of the settings file)"}},
       restore},
      {"migrate",
       "Move a server to another database, to other storage, or both",
       "migrate --from old.gcfg --to new.gcfg",
       {{"--from", "FILE", "settings of the server as it is; if it runs, it is made read-only", true},
        {"--to", "FILE", "settings of the server as it will be: an empty database, an empty bucket or folder",
         true}},
       migrate},
      {"export", "Write packages with all that they need to a file, for a server without an upstream",
       "export --source cran --package dplyr,ggplot2 --date 2024-05-01 --path bundle.tar",
       with_choice({{"--source", "NAMES",
                     "where they are taken from, the first that has one; all of R or all of Python", true},
                    {"--path", "FILE", "a tar, made whole or not at all", true}}),
       export_bundle},
      {"import",
       "Take in what granary export wrote; what was killed goes on when it is run again",
       "import --path bundle.tar",
       {{"--path", "FILE", "as granary export made it", true}},
       import_bundle},
      {"read-only on",
       "Let the server answer reads only, until it is restarted",
       "read-only on",
       {},
       read_only_on},
      {"read-only off", "Let the server take writes again", "read-only off", {}, read_only_off},
  };
}

}  // namespace granary::cli
