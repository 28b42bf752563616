#pragma once
/// What the server can be told, typed. Names, defaults and descriptions: settings_list.h, the one list.
/// Values here are set by load() only; "{DataDir}" has been replaced, texts with a fixed choice are lower
/// case.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary::config {

using Milliseconds = std::chrono::milliseconds;
/// Keeps a value out of logs by its type. May be encrypted until decrypt_secrets() (secrets.h).
struct Secret {
  std::string value;
};

struct Settings {
  struct {
    std::string address;    // public URL without a trailing slash; may be empty
    std::string node_name;  // empty: the host name
    std::string role;       // "all", "web", "worker"
    std::string data_dir, sock_file_dir;
    std::string encryption_key_path;
    std::string r_version, python_version;      // folder of an installation, or the program; empty: found
    std::string access_log, access_log_format;  // empty: off; "STDOUT" or a path. "common", "combined"
  } server;
  struct {
    std::string listen;  // empty: off
    bool proxy_protocol = false;
    std::string trusted_proxies;  // networks, as base/networks.h reads them; empty: everybody
  } http;
  struct {
    std::string listen, certificate, key, minimum_tls;
    bool proxy_protocol = false;
    bool permanent = false;  // HSTS
  } https;
  struct {
    std::string listen;
  } http_redirect;
  struct {
    Milliseconds poll_interval{};  // 0: never
    std::int64_t build_retries = 0;
    bool allow_unsandboxed_builds = false;
    std::string python_index_url;  // empty: builds have no network
  } git;
  struct {
    std::string provider;  // "sqlite", "postgres"
    Milliseconds connection_timeout{};
  } database;
  struct {
    std::string dir;
  } sqlite;
  struct {
    std::string url;
    Secret password;
    Milliseconds outage_patience{};
  } postgres;
  struct {
    std::int64_t max_open_connections = 0, max_idle_connections = 0;
    Milliseconds max_connection_lifetime{}, max_connection_idle_time{};
  } postgres_pool;
  struct {
    std::string fallback;  // Storage.Default: "file", "s3"
  } storage;
  struct {
    std::string location;
  } file_storage;
  struct {
    std::string bucket, prefix, region, profile, endpoint, public_endpoint, cache_dir;
    std::string encryption, encryption_key_id;  // by the store: "aes256", "aws:kms", "aws:kms:dsse"
    std::string key_id, kms_endpoint;           // on this side
    bool path_style = false, disable_ssl = false, skip_validation = false;
    Secret access_key_id, secret_access_key, session_token;
    std::uint64_t cache_size = 0;
    Milliseconds redirect_lifetime{};
    Milliseconds outage_patience{};
  } s3;
  struct {
    std::string url, sync_schedule;  // schedules of the three: "auto", cron text, or empty: never
    std::string fetch;               // of the three: "none", "all", "newest 3"
    std::int64_t requests_per_second = 0;
    bool read_old_versions = true;
  } cran;
  struct {
    std::string url, sync_schedule, fetch;
  } bioconductor;
  struct {
    std::string url;  // empty: pip's
    std::string sync_schedule, fetch;
    bool crawl = false;
    Milliseconds staleness{};
  } pypi;
  struct {
    std::string cran, pypi, bioconductor;  // names of repositories; empty: none
  } repos;
  struct {
    std::string url, user;
    Secret password;
  } proxy;
  struct {
    bool enabled = false;
    std::string listen;
  } metrics;
  struct {
    std::int64_t workers = 0;
    Milliseconds keep_finished{}, lease{};
    std::string collect_schedule, verify_schedule;  // cron text; empty: never
  } jobs;
  struct {
    std::string system_log, level, format;
  } logging;
  struct {
    bool new_repos_auth_by_default = false, api_token_auth = false;
  } authentication;
  struct {
    std::int64_t loops = 0, workers = 0, queue = 0, connections = 0;
    std::uint64_t upload_size = 0, body_in_memory = 0, header_size = 0, hot_cache = 0, render_cache = 0,
                  render_store = 0;
    Milliseconds header_timeout{}, idle_timeout{}, body_timeout{}, request_timeout{}, drain_timeout{},
        drain_delay{}, gc_grace{};
  } limits;

  /// The path of Server.Address: "/granary"; empty when it has none.
  std::string path_prefix() const;
  /// <SockFileDir>/granary.sock
  std::string socket_path() const { return server.sock_file_dir + "/granary.sock"; }
};

/// The variables that matter here begin with GRANARY_ or PACKAGEMANAGER_; the first wins.
using Environment = std::map<std::string, std::string>;

struct Report {
  Settings settings;
  std::vector<Error> errors;          // all of them, not only the first
  std::vector<std::string> warnings;  // settings without effect, variables that name no setting
};

/// Defaults, then `text` (named `name` in errors), then the environment, then the rules between settings.
Report check(std::string_view text, std::string_view name, const Environment&);
/// check(), or its first error.
Result<Report> load(std::string_view text, std::string_view name, const Environment&);

/// "Section.Key" of every setting that differs and that SIGHUP does not re-read.
std::vector<std::string> changed_until_restart(const Settings& before, const Settings& after);

/// The settings reference (docs/settings.md).
std::string settings_markdown();
/// A file in which every setting is a comment with its default.
std::string settings_example();

}  // namespace granary::config
