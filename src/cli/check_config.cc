#include "cli/check_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "base/text.h"
#include "config/secrets.h"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

struct Line {
  std::string verdict;  // "PASS", "FAIL", "INFO"
  std::string check, message, hint;
};

class Checks {
 public:
  void pass(std::string check, std::string message) {
    lines_.push_back({"PASS", std::move(check), std::move(message), {}});
  }
  void info(std::string check, std::string message) {
    lines_.push_back({"INFO", std::move(check), std::move(message), {}});
  }
  void failed(std::string check, const Error& error) {
    lines_.push_back({"FAIL", std::move(check), error.message(), error.hint()});
    failed_ = true;
  }
  void failed(std::string check, std::string message, std::string hint) {
    lines_.push_back({"FAIL", std::move(check), std::move(message), std::move(hint)});
    failed_ = true;
  }
  bool any_failed() const noexcept { return failed_; }
  const std::vector<Line>& lines() const noexcept { return lines_; }

 private:
  std::vector<Line> lines_;
  bool failed_ = false;
};

/// Exists and may be written to, or can be made in the nearest folder that exists.
void check_folder(Checks& checks, const std::string& setting, const std::string& path) {
  std::error_code error;
  fs::path at = path;
  if (fs::exists(at, error) && !fs::is_directory(at, error)) {
    checks.failed(setting, path + " is not a folder", "name a folder");
    return;
  }
  while (!fs::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  if (at.empty()) at = ".";
  if (::access(at.c_str(), W_OK | X_OK) != 0) {
    checks.failed(setting, fmt::format("{} cannot be written to", at.string()),
                  fmt::format("give this user the right to write to it, or change {}", setting));
    return;
  }
  checks.pass(setting, at == fs::path(path) ? path + " can be written to" : path + " can be made");
}

void check_readable(Checks& checks, const std::string& setting, const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) {
    checks.failed(setting, fmt::format("cannot read {}", path), "check the path and its permissions");
  } else {
    checks.pass(setting, path + " can be read");
  }
}

void check_paths(Checks& checks, const config::Settings& s) {
  check_folder(checks, "Server.DataDir", s.server.data_dir);
  check_folder(checks, "Server.SockFileDir", s.server.sock_file_dir);
  if (s.database.provider == "sqlite") check_folder(checks, "SQLite.Dir", s.sqlite.dir);
  if (s.storage.fallback == "file") check_folder(checks, "FileStorage.Location", s.file_storage.location);
  if (s.storage.fallback == "s3") check_folder(checks, "S3Storage.CacheDir", s.s3.cache_dir);
  if (!s.https.listen.empty()) {
    check_readable(checks, "HTTPS.Certificate", s.https.certificate);
    check_readable(checks, "HTTPS.Key", s.https.key);
  }
  // sockaddr_un holds 108 bytes with the NUL at the end.
  if (s.socket_path().size() > 107)
    checks.failed("Server.SockFileDir", s.socket_path() + " is too long for a unix socket",
                  "name a folder with a shorter path");
}

void check_listeners(Checks& checks, const config::Settings& s) {
  std::vector<std::string> all;
  if (!s.http.listen.empty()) all.push_back("HTTP " + s.http.listen);
  if (!s.https.listen.empty()) all.push_back("HTTPS " + s.https.listen);
  if (!s.http_redirect.listen.empty()) all.push_back("redirect " + s.http_redirect.listen);
  if (s.metrics.enabled) all.push_back("metrics " + s.metrics.listen);
  checks.pass("listeners", join(all, ", "));
}

/// False when the probes would be run with secrets that are still encrypted.
bool open_secrets(Checks& checks, const Session& session, config::Settings& settings) {
  const auto key = config::find_key(settings, session.environment());
  if (!key) {
    checks.failed("encryption", key.error());
    return false;
  }
  const auto done = config::decrypt_secrets(settings, *key);
  if (!done) {
    checks.failed("encryption", done.error());
  } else if (*key) {
    checks.pass("encryption", "key " + (*key)->fingerprint());
  } else {
    checks.info("encryption", "no key: no setting is encrypted");
  }
  return done.has_value();
}

void probe(Checks& checks, const Session& session, const config::Settings& settings) {
  if (!session.hooks().probes) return;
  for (const auto& one : session.hooks().probes(settings)) {
    auto found = one.check(session.context().with_timeout(std::chrono::seconds(15)));
    if (found) {
      checks.pass(one.name, *found);
    } else {
      checks.failed(one.name, found.error());
    }
  }
}

Checks run_checks(const Session& session, const std::string& path) {
  Checks checks;
  checks.info("file", path.empty() ? "no settings file: defaults and environment" : path);
  const auto text = config_text(path);
  if (!text) {
    checks.failed("file", text.error());
    return checks;
  }
  auto report = config::check(*text, path, session.environment());
  for (const auto& error : report.errors) checks.failed("settings", error);
  if (report.errors.empty()) checks.pass("settings", "syntax, names and values are right");
  for (const auto& warning : report.warnings) checks.info("settings", warning);
  if (!report.errors.empty()) {
    checks.info("paths, listeners, database, storage", "not checked until the settings are right");
    return checks;
  }
  check_paths(checks, report.settings);
  check_listeners(checks, report.settings);
  if (open_secrets(checks, session, report.settings)) probe(checks, session, report.settings);
  return checks;
}

std::string as_json(const Checks& checks) {
  JsonWriter json;
  json.begin_object();
  json.member("passed", !checks.any_failed());
  json.key("checks");
  json.begin_array();
  for (const auto& line : checks.lines()) {
    json.begin_object();
    json.member("verdict", line.verdict);
    json.member("check", line.check);
    json.member("message", line.message);
    json.member("hint", line.hint);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take() + "\n";
}

}  // namespace

Result<int> check_config(Session& session) {
  const auto checks = run_checks(session, config_path(session.args(), session.environment()));
  if (session.json()) {
    session.print(as_json(checks));
  } else {
    for (const auto& line : checks.lines()) {
      session.print(fmt::format("[{}] {}: {}", line.verdict, line.check, line.message));
      session.print(line.hint.empty() ? "\n" : "; " + line.hint + "\n");
    }
  }
  return checks.any_failed() ? 1 : 0;
}

}  // namespace granary::cli
