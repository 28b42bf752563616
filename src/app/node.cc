#include "app/node.h"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "app/routes.h"
#include "app/stores.h"
#include "auth/shared_key.h"
#include "base/text.h"

namespace granary::app {
namespace {

constexpr http::RouteSpec kMetrics{"metrics", http::Method::get, "/metrics", http::Access::anonymous,
                                   "Prometheus metrics (text exposition format)"};
constexpr http::RouteSpec kRedirect{"redirect", http::Method::get, "/{rest*}", http::Access::anonymous,
                                    "Sends every request to HTTPS"};

/// The port of ":4443", with its colon, when it is not the default of HTTPS.
std::string port_suffix(std::string_view listen) {
  const auto colon = listen.rfind(':');
  if (colon == std::string_view::npos || listen.substr(colon) == ":443") return {};
  return std::string(listen.substr(colon));
}

std::string host_only(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool is_port = colon != std::string_view::npos && parse_unsigned(host.substr(colon + 1));
  return std::string(is_port ? host.substr(0, colon) : host);
}

}  // namespace

Node::Node(const config::Settings& settings, const config::Environment& environment,
           std::shared_ptr<LogSink> sink)
    : settings_(settings),
      environment_(environment),
      sink_(std::move(sink)),
      log_(sink_, "app"),
      clock_(std::make_shared<SystemClock>()),
      new_repos_authenticated_(settings.authentication.new_repos_auth_by_default) {}

Node::~Node() {
  // Event loops and workers end before what their handlers use.
  server_.reset();
}

Result<std::unique_ptr<Node>> Node::start(const config::Settings& settings,
                                          const config::Environment& environment, const StartOptions& options,
                                          std::shared_ptr<LogSink> sink) {
  std::unique_ptr<Node> node(new Node(settings, environment, std::move(sink)));
  TRY(node->prepare_folders());
  TRY(node->open_stores());
  TRY(node->wait_for_database(options));
  node->bind_routers();
  TRY(node->listen());
  return node;
}

Result<> Node::prepare_folders() {
  std::error_code error;
  const auto& data = settings_.server.data_dir;
  for (const std::string& folder : {data, data + "/tmp", settings_.server.sock_file_dir}) {
    std::filesystem::create_directories(folder, error);
    if (error)
      return fail(Errc::unavailable, "cannot create the folder " + folder + ": " + error.message(),
                  "set Server.DataDir to a folder that this user may write to");
  }
  std::filesystem::permissions(data, std::filesystem::perms::owner_all, error);
  if (settings_.database.provider == "postgres") return {};

  // Two servers on one SQLite file would not hear of each other's changes.
  const std::string lock = data + "/granary.lock";
  folder_lock_ = UniqueFd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!folder_lock_) return system_error(errno, "open " + lock);
  if (::flock(folder_lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::conflict, "another granary runs on the folder " + data,
                "stop it, set another Server.DataDir, or use Database.Provider = postgres for several nodes");
  return {};
}

Result<> Node::open_stores() {
  database_ = TRY(open_database(settings_, Logger(sink_, "")));
  blobs_ = TRY(open_blobs(settings_, environment_, Logger(sink_, "")));
  catalog_ = catalog::make_catalog(database_, clock_);
  tokens_ = auth::make_tokens(database_, clock_);
  views_ = view::make_views(catalog_, *database_, clock_, settings_.limits.render_cache);
  ingest_ = ingest::make_ingest(catalog_, blobs_, clock_);

  const auto pool = [this](int db::PoolStats::* member) {
    return [this, member] { return static_cast<double>(database_->stats().*member); };
  };
  metrics_.gauge("granary_db_connections", "Database connections", {{"state", "open"}},
                 pool(&db::PoolStats::open));
  metrics_.gauge("granary_db_connections", "Database connections", {{"state", "in_use"}},
                 pool(&db::PoolStats::in_use));
  metrics_.gauge("granary_db_connections", "Database connections", {{"state", "maximum"}},
                 pool(&db::PoolStats::maximum));
  metrics_.gauge("granary_db_pool_waits", "Times that somebody waited for a database connection", {},
                 [this] { return static_cast<double>(database_->stats().waits); });
  return {};
}

Result<> Node::wait_for_database(const StartOptions& options) {
  const Context ctx(log_, std::stop_token(), Context::Clock::now() + std::chrono::minutes(1));
  std::vector<db::Migration> migrations;
  for (const auto list : {catalog::migrations(), auth::migrations()})
    migrations.insert(migrations.end(), list.begin(), list.end());
  for (;;) {
    auto migrated = database_->migrate(ctx, migrations);
    if (migrated)
      migrated = auth::check_shared_key(ctx, *database_, options.key_fingerprint, options.accept_key);
    if (migrated) return {};
    const bool may_pass = migrated.error().code() == Errc::unavailable && ctx.check();
    if (!may_pass) return migrated;
    log_.failed("cannot reach the database, trying again", migrated.error());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void Node::bind_routers() {
  bind_routes(router_,
              {clock_, blobs_, catalog_, tokens_, views_, ingest_,
               [this] { return new_repos_authenticated_.load(std::memory_order_relaxed); },
               [this] { return leaving_.load(std::memory_order_relaxed); }},
              settings_);
  metrics_router_.bind(kMetrics, [this](const Context&, const http::Request&) -> Result<http::Response> {
    return http::bytes_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.render());
  });
  redirect_router_.bind(
      kRedirect, [this](const Context&, const http::Request& request) -> Result<http::Response> {
        return http::redirect(308, "https://" + host_only(request.header("Host")) +
                                       port_suffix(settings_.https.listen) + request.target);
      });
}

http::ServerOptions Node::server_options(Networks trusted_proxies) const {
  const auto& l = settings_.limits;
  http::ServerOptions o;
  o.loops = static_cast<unsigned>(l.loops);
  o.workers = static_cast<unsigned>(l.workers);
  o.queue = static_cast<std::size_t>(l.queue);
  o.hot_bytes = l.hot_cache;
  o.spool_directory = settings_.server.data_dir + "/tmp";
  o.trusted_proxies = std::move(trusted_proxies);
  o.limits.header_bytes = l.header_size;
  o.limits.body_bytes = l.upload_size;
  o.limits.body_in_memory = l.body_in_memory;
  o.limits.header_timeout = l.header_timeout;
  o.limits.idle_timeout = l.idle_timeout;
  o.limits.body_timeout = l.body_timeout;
  o.limits.request_timeout = l.request_timeout;
  o.limits.connections = static_cast<std::size_t>(l.connections);
  if (!settings_.server.access_log.empty()) {
    o.access_log = settings_.server.access_log_format == "combined" ? http::ServerOptions::AccessLog::combined
                                                                    : http::ServerOptions::AccessLog::common;
    if (!equals_ignore_case(settings_.server.access_log, "STDOUT"))
      o.access_log_path = settings_.server.access_log;
  }
  return o;
}

Result<> Node::listen() {
  std::vector<http::Listener> listeners;
  std::vector<std::string> schemes;
  const auto add = [&](const std::string& address, const http::Router& router, std::string scheme) {
    if (address.empty()) return;
    listeners.push_back({.address = address, .router = &router, .tls = std::nullopt, .headers = {}});
    schemes.push_back(std::move(scheme));
  };
  add(settings_.http.listen, router_, "http");
  if (!listeners.empty()) listeners.back().proxy_protocol = settings_.http.proxy_protocol;
  if (!settings_.https.listen.empty()) {
    add(settings_.https.listen, router_, "https");
    listeners.back().proxy_protocol = settings_.https.proxy_protocol;
    listeners.back().tls = http::TlsOptions{.certificate_path = settings_.https.certificate,
                                            .key_path = settings_.https.key,
                                            .minimum_version = settings_.https.minimum_tls};
    if (settings_.https.permanent)
      listeners.back().headers.push_back({"Strict-Transport-Security", "max-age=2592000"});  // 30 days
  }
  add(settings_.http_redirect.listen, redirect_router_, "redirect");
  add("unix:" + settings_.socket_path(), router_, "unix");
  if (settings_.metrics.enabled) add(settings_.metrics.listen, metrics_router_, "metrics");
  auto trusted = TRY(Networks::parse(settings_.http.trusted_proxies));

  server_ = TRY(
      http::Server::start(server_options(std::move(trusted)), listeners, Logger(sink_, "http"), metrics_));
  const auto ports = server_->ports();
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    std::string address = listeners[i].address;
    if (ports[i] != 0) address = address.substr(0, address.rfind(':') + 1) + std::to_string(ports[i]);
    log_.info("listening", {{"on", address}, {"for", schemes[i]}});
    addresses_.push_back(schemes[i] + " " + address);
  }
  return {};
}

void Node::reload(const config::Settings& settings) {
  if (const auto level = parse_log_level(settings.logging.level)) sink_->set_level(*level);
  sink_->reopen();
  if (auto reloaded = server_->reload(); !reloaded)
    log_.failed("cannot reload the certificate", reloaded.error());
  new_repos_authenticated_ = settings.authentication.new_repos_auth_by_default;
  if (const auto waiting = config::changed_until_restart(settings_, settings); !waiting.empty())
    log_.warn("changed settings wait for a restart: " + join(waiting, ", "));
  log_.info("settings read again", {{"level", settings.logging.level}});
}

void Node::drain() { server_->drain(settings_.limits.drain_timeout); }

}  // namespace granary::app
