#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/networks.h"
#include "base/text.h"
#include "config/gcfg.h"
#include "config/settings_list.h"
#include "config/value.h"

namespace granary::config {
namespace {

std::string full_name(const SettingSpec& spec) { return fmt::format("{}.{}", spec.section, spec.key); }

Error unknown_section(std::string_view place, std::string_view section) {
  std::set<std::string> names;
  for (const auto& spec : settings_list()) names.emplace(spec.section);
  const auto near = nearest(section, {names.begin(), names.end()});
  return fail(Errc::invalid_argument, fmt::format("{}unknown section [{}]", place, section),
              near.empty() ? "list the settings with: granary settings"
                           : fmt::format("did you mean [{}]", near))
      .value();
}

Error unknown_key(std::string_view place, std::string_view section, std::string_view key) {
  std::vector<std::string> here, elsewhere;
  for (const auto& spec : settings_list()) {
    if (equals_ignore_case(spec.section, section)) here.emplace_back(spec.key);
    if (equals_ignore_case(spec.key, key)) elsewhere.push_back(full_name(spec));
  }
  const auto near = nearest(key, here);
  std::string hint = "list the settings with: granary settings";
  if (!near.empty()) {
    hint = fmt::format("did you mean {}.{}", section, near);
  } else if (!elsewhere.empty()) {
    hint = "did you mean " + elsewhere.front();
  }
  return fail(Errc::invalid_argument, fmt::format("{}unknown setting {}.{}", place, section, key), hint)
      .value();
}

/// Messages quote values, which may hold line breaks.
Error in_one_line(const Error& error) {
  const auto plain = [](std::string text) {
    std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return text;
  };
  return {error.code(), plain(error.message()), plain(error.hint()), error.file(), error.line()};
}

/// Collects while it goes, so that check-config shows all that is wrong at once.
class Loader {
 public:
  Report run(std::string_view text, std::string_view name, const Environment& environment) {
    for (const auto& spec : settings_list()) {
      if (spec.target != nullptr) GRANARY_ASSERT(assign(spec, spec.fallback, report_.settings));
    }
    auto entries = parse_gcfg(text, name);
    if (!entries) {
      report_.errors.push_back(std::move(entries).error());
    } else {
      for (const auto& entry : *entries) take(entry, name);
    }
    take_environment(environment);
    warn_without_effect();
    finish();
    for (auto& error : report_.errors) error = in_one_line(error);
    return std::move(report_);
  }

 private:
  void take(const Entry& entry, std::string_view name) {
    const auto place = fmt::format("{}:{}: ", name, entry.line);
    const auto* spec = find_setting(entry.section, entry.key);
    if (spec == nullptr) {
      const auto all = settings_list();
      const bool known = std::any_of(all.begin(), all.end(), [&](const SettingSpec& row) {
        return equals_ignore_case(row.section, entry.section);
      });
      if (known) {
        report_.errors.push_back(unknown_key(place, entry.section, entry.key));
      } else if (complained_.insert(lower(entry.section)).second) {
        report_.errors.push_back(unknown_section(place, entry.section));
      }
      return;
    }
    if (!entry.subsection.empty()) {
      if (!may_have_subsection(entry.section)) {
        report_.errors.push_back(fail(Errc::invalid_argument,
                                      fmt::format("{}section [{}] takes no name", place, entry.section),
                                      fmt::format("write [{}] instead of [{} \"{}\"]", spec->section,
                                                  spec->section, entry.subsection))
                                     .value());
      } else {
        without_effect_.insert(fmt::format("[{} \"{}\"]", spec->section, entry.subsection));
      }
      return;
    }
    if (!entry.has_value && spec->type != Type::boolean) {
      report_.errors.push_back(fail(Errc::invalid_argument,
                                    fmt::format("{}{} has no value", place, full_name(*spec)),
                                    fmt::format("write {} = value", spec->key))
                                   .value());
      return;
    }
    store(*spec, entry.has_value ? std::string_view(entry.value) : std::string_view("true"), place);
  }

  void take_environment(const Environment& environment) {
    // The incumbent's names first, so that ours win.
    for (const std::string_view prefix : {"PACKAGEMANAGER_", "GRANARY_"}) {
      for (const auto& [name, value] : environment) {
        if (!name.starts_with(prefix)) continue;
        const auto rest = std::string_view(name).substr(prefix.size());
        if (const auto* spec = by_variable(rest)) {
          store(*spec, value, name + ": ");
        } else if (!is_other_variable(rest)) {
          report_.warnings.push_back(fmt::format("the variable {} names no setting", name));
        }
      }
    }
  }

  static const SettingSpec* by_variable(std::string_view rest) {
    const auto bar = rest.find('_');
    if (bar == std::string_view::npos) return nullptr;
    return find_setting(rest.substr(0, bar), replace_all(rest.substr(bar + 1), "_", ""));
  }

  /// Read by the command line, or set by Kubernetes for a service of that name.
  static bool is_other_variable(std::string_view rest) {
    constexpr std::array<std::string_view, 6> kOther = {"ADDRESS", "TOKEN",          "CONFIG",
                                                        "OUTPUT",  "ENCRYPTION_KEY", "IDENTITY_TOKEN_FILE"};
    return std::find(kOther.begin(), kOther.end(), rest) != kOther.end() || rest == "PORT" ||
           rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
  }

  void store(const SettingSpec& spec, std::string_view value, std::string_view place) {
    if (spec.target == nullptr) without_effect_.insert(full_name(spec));
    // An empty value is a return to the default but for texts, where it means none.
    const bool text = spec.type == Type::string && spec.choices.empty();
    const auto taken = value.empty() && !text ? spec.fallback : value;
    if (spec.target == nullptr && taken.empty()) return;
    if (auto done = assign(spec, taken, report_.settings); !done) {
      const auto& e = done.error();
      report_.errors.push_back(
          fail(Errc::invalid_argument, std::string(place) + e.message(), e.hint()).value());
    }
  }

  void warn_without_effect() {
    if (without_effect_.empty()) return;
    report_.warnings.push_back("accepted, no effect in this version: " +
                               join({without_effect_.begin(), without_effect_.end()}, ", "));
  }

  void wrong(std::string message, std::string hint) {
    report_.errors.push_back(fail(Errc::invalid_argument, std::move(message), std::move(hint)).value());
  }

  void finish() {
    auto& s = report_.settings;
    while (s.server.address.ends_with('/')) s.server.address.pop_back();
    while (s.server.data_dir.size() > 1 && s.server.data_dir.ends_with('/')) s.server.data_dir.pop_back();
    for (auto* path : {&s.server.sock_file_dir, &s.server.access_log, &s.sqlite.dir, &s.file_storage.location,
                       &s.s3.cache_dir, &s.logging.system_log, &s.https.certificate, &s.https.key,
                       &s.server.encryption_key_path})
      *path = replace_all(*path, "{DataDir}", s.server.data_dir);
    for (auto* listen : {&s.http.listen, &s.https.listen, &s.http_redirect.listen, &s.metrics.listen}) {
      if (parse_unsigned(*listen)) *listen = ":" + *listen;  // a port alone
    }
    if (s.server.data_dir.empty())
      wrong("Server.DataDir is empty", "name a folder that the server may write to");
    if (s.server.sock_file_dir.empty())
      wrong("Server.SockFileDir is empty", "name a folder, or leave it out");
    if (s.server.address.find_first_of(" \t\n\b") != std::string::npos)
      wrong("Server.Address has a blank in it", "write it as https://packages.example.com");
    if (!s.server.address.empty() && !s.server.address.starts_with("http://") &&
        !s.server.address.starts_with("https://"))
      wrong("Server.Address is not a URL", "begin it with http:// or https://");
    finish_listeners(s);
    if (const auto networks = Networks::parse(s.http.trusted_proxies); !networks)
      wrong("HTTP.TrustedProxies: " + networks.error().message(), networks.error().hint());
    if (s.database.provider == "postgres" && s.postgres.url.empty())
      wrong("Database.Provider is postgres but Postgres.URL is not set",
            "set it to postgres://user@host:5432/database");
    if (s.storage.fallback == "s3" && s.s3.bucket.empty())
      wrong("Storage.Default is s3 but S3Storage.Bucket is not set", "name the bucket");
    if (!s.s3.encryption_key_id.empty() && !s.s3.encryption.starts_with("aws:kms"))
      wrong("S3Storage.SSEKMSKeyID is set, but S3Storage.ServerSideEncryption is not aws:kms",
            "set it to aws:kms, or use S3Storage.KeyID for encryption before objects are sent");
    if (s.s3.redirect_lifetime < std::chrono::seconds(10) || s.s3.redirect_lifetime > std::chrono::hours(168))
      wrong("S3Storage.RedirectLifetime is not between 10s and 168h", "use some minutes, such as 10m");
    if (s.postgres_pool.max_open_connections < 3)
      wrong("PostgresPool.MaxOpenConnections is less than 3",
            "the writer, the listener and a reader need one each");
  }

  void check_port(std::string_view setting, std::string_view listen) {
    if (listen.empty() || listen.starts_with("unix:")) return;
    const auto colon = listen.rfind(':');
    const auto port =
        colon == std::string_view::npos ? std::nullopt : parse_unsigned(listen.substr(colon + 1));
    if (!port || *port > 65535)
      wrong(fmt::format("{} '{}' is not an address and port", setting, listen.substr(0, 80)),
            "write it as :4242 or 127.0.0.1:4242, with a port up to 65535");
  }

  void finish_listeners(const Settings& s) {
    check_port("HTTP.Listen", s.http.listen);
    check_port("HTTPS.Listen", s.https.listen);
    check_port("HTTPRedirect.Listen", s.http_redirect.listen);
    if (s.metrics.enabled) check_port("Metrics.Listen", s.metrics.listen);
    if (s.http.listen.empty() && s.https.listen.empty())
      wrong("neither HTTP.Listen nor HTTPS.Listen is set", "set HTTP.Listen = :4242");
    if (!s.http.listen.empty() && s.http.listen == s.https.listen)
      wrong("HTTP.Listen and HTTPS.Listen using same value", "give each its own port");
    if (!s.https.listen.empty() && (s.https.certificate.empty() || s.https.key.empty()))
      wrong("HTTPS.Listen is set but HTTPS.Certificate or HTTPS.Key is not", "name both PEM files");
    if (!s.http_redirect.listen.empty() &&
        (s.http_redirect.listen == s.http.listen || s.http_redirect.listen == s.https.listen))
      wrong("HTTPRedirect.Listen uses the value of HTTP.Listen or HTTPS.Listen", "give each its own port");
    if (!s.http_redirect.listen.empty() && s.https.listen.empty())
      wrong("HTTPRedirect.Listen is set but HTTPS.Listen is not", "set HTTPS.Listen");
    if (s.metrics.enabled && !s.metrics.listen.empty() &&
        (s.metrics.listen == s.http.listen || s.metrics.listen == s.https.listen))
      wrong("Metrics.Listen uses the value of HTTP.Listen or HTTPS.Listen", "give each its own port");
  }

  Report report_;
  std::set<std::string> without_effect_, complained_;
};

}  // namespace

std::string Settings::path_prefix() const {
  const auto scheme = server.address.find("://");
  if (scheme == std::string::npos) return {};
  const auto slash = server.address.find('/', scheme + 3);
  return slash == std::string::npos ? std::string() : server.address.substr(slash);
}

Report check(std::string_view text, std::string_view name, const Environment& environment) {
  return Loader().run(text, name, environment);
}

Result<Report> load(std::string_view text, std::string_view name, const Environment& environment) {
  auto report = check(text, name, environment);
  if (!report.errors.empty()) return tl::unexpected(std::move(report.errors.front()));
  return report;
}

std::vector<std::string> changed_until_restart(const Settings& before, const Settings& after) {
  Settings a = before, b = after;  // the list gives places to write to
  const auto differ = [](const Target& left, const Target& right) {
    return std::visit(
        [&right](auto one) {
          using Place = decltype(one);
          if constexpr (std::is_same_v<Place, std::monostate>) {
            return false;
          } else if constexpr (std::is_same_v<Place, Secret*>) {
            return one->value != std::get<Place>(right)->value;
          } else {
            return *one != *std::get<Place>(right);
          }
        },
        left);
  };
  std::vector<std::string> names;
  for (const auto& spec : settings_list()) {
    if (spec.target == nullptr || spec.reloadable) continue;
    if (differ(spec.target(a), spec.target(b))) names.push_back(fmt::format("{}.{}", spec.section, spec.key));
  }
  return names;
}

}  // namespace granary::config
