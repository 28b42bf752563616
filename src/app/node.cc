#include "app/node.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "api/package_choice.h"
#include "app/building.h"
#include "app/migrations.h"
#include "app/pip_index.h"
#include "app/routes.h"
#include "app/stores.h"
#include "app/unopened_secrets.h"
#include "app/version.h"
#include "auth/shared_key.h"
#include "base/text.h"
#include "config/secrets.h"
#include "db/copy.h"
#include "ingest/maintenance_jobs.h"
#include "jobs/gauges.h"
#include "mirror/sync_schedule.h"
#include "net/url.h"

namespace granary::app {
namespace {

constexpr http::RouteSpec kMetrics{"metrics", http::Method::get, "/metrics", http::Access::anonymous,
                                   "Prometheus metrics (text exposition format)"};
constexpr http::RouteSpec kRedirect{"redirect", http::Method::get, "/{rest*}", http::Access::anonymous,
                                    "Sends every request to HTTPS"};

/// A machine whose time is kept by NTP is never so far off.
constexpr auto kClockTolerance = std::chrono::seconds(5);
constexpr auto kStorePatience = std::chrono::seconds(5);

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string node_name(const config::Settings& settings) {
  return settings.server.node_name.empty() ? host_name() : settings.server.node_name;
}

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
      clock_(std::make_shared<cluster::SharedClock>()),
      new_repos_authenticated_(settings.authentication.new_repos_auth_by_default) {}

Node::~Node() {
  heartbeat_.reset();
  poller_.reset();
  // A job that does not stop keeps the process: its lease is kept up meanwhile.
  runner_.reset();
  // Event loops and workers end before what their handlers use.
  server_.reset();
}

Result<std::unique_ptr<Node>> Node::start(const config::Settings& settings,
                                          const config::Environment& environment, const StartOptions& options,
                                          std::shared_ptr<LogSink> sink) {
  std::unique_ptr<Node> node(new Node(settings, environment, std::move(sink)));
  TRY(node->prepare_folders());
  TRY(node->open_stores(options));
  TRY(node->wait_for_database(options));
  TRY(node->prepare_jobs());
  TRY(node->prepare_mirrors());
  node->bind_routers();
  {
    const Context ctx(node->log_, std::stop_token(), Context::Clock::now() + std::chrono::seconds(10));
    node->heartbeat_->start(ctx);
    const auto key = TRY(config::find_key(settings, environment));
    const auto looked = warn_of_unopened_secrets(ctx, *node->build_.credentials, *node->catalog_, key);
    if (!looked) node->log_.failed("cannot see which secrets this node can open", looked.error());
  }
  TRY(node->listen());
  if (node->runner_) node->runner_->start();
  if (node->poller_) node->poller_->start();
  if (node->settings_.server.role != "worker") node->indexes_ahead_->start();
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

Result<> Node::open_stores(const StartOptions& options) {
  database_ = std::make_shared<db::ReadOnlySwitch>(TRY(open_database(settings_, Logger(sink_, ""))), false);
  blobs_ = TRY(open_blobs(settings_, environment_, Logger(sink_, ""), store_links()));
  catalog_ = catalog::make_catalog(database_, clock_);
  tokens_ = auth::make_tokens(database_, clock_);
  queue_ = jobs::make_queue(database_, clock_);
  schedules_ = std::make_shared<jobs::Schedules>(database_, clock_);
  TRY(open_mirrors());
  // Before the views hear of it, who then ask the mirrors.
  database_->on_change([weak = std::weak_ptr(mirrors_)](std::span<const std::int64_t> topics) {
    if (const auto alive = weak.lock()) alive->heard(topics);
  });
  views_ = view::make_views(catalog_, *database_, clock_, settings_.limits.render_cache, mirrors_,
                            TRY(open_render_store()));
  r_indexes_ = std::make_shared<const api::RenderedIndexes>(views_);
  indexes_ahead_ =
      std::make_shared<api::IndexesAhead>(r_indexes_, views_, catalog_, Logger(sink_, "indexes"));
  database_->on_change([weak = std::weak_ptr(indexes_ahead_)](std::span<const std::int64_t> topics) {
    if (const auto alive = weak.lock()) alive->heard(topics);
  });
  ingest_ = ingest::make_ingest(catalog_, blobs_, clock_, catalog::kRemovalPatience,
                                [this] { return older_nodes_work(); });
  build_ = TRY(make_building(settings_, environment_,
                             {database_, clock_, catalog_, ingest_, options.config_path, &metrics_}));
  build_.node = node_name(settings_);
  job_events_ = std::make_shared<api::JobEvents>(queue_, Logger(sink_, "jobs"));
  make_runner();
  make_heartbeat(options);

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

/// Null when nothing is to be kept.
Result<std::shared_ptr<view::RenderStore>> Node::open_render_store() {
  if (settings_.limits.render_store == 0) return nullptr;
  view::RenderStoreOptions options;
  options.renderer = kVersion;
  options.most_bytes = settings_.limits.render_store;
  return std::make_shared<view::RenderStore>(TRY(open_derived(settings_, environment_, store_links())),
                                             clock_, Logger(sink_, "view"), std::move(options));
}

/// Upstreams as the settings know them; none is asked anything yet.
Result<> Node::open_mirrors() {
  mirror::ClientDefaults defaults;
  defaults.cran_url = settings_.cran.url;
  defaults.bioconductor_url = settings_.bioconductor.url;
  defaults.pypi_url = [url = settings_.pypi.url](const Context& ctx) {
    return url.empty() ? pip_index_url(ctx) : Result<std::string>(url);
  };
  const auto& proxy = settings_.proxy;
  defaults.proxy = net::with_credentials(proxy.url, proxy.user, proxy.password.value);
  defaults.requests_per_second = static_cast<double>(settings_.cran.requests_per_second);
  defaults.user_agent = "granary/" + std::string(kVersion);
  if (const auto key = TRY(config::find_key(settings_, environment_)))
    defaults.decrypt = [key = *key](const std::string& secret) { return key.decrypt(secret); };
  mirror::Parts parts;
  parts.catalog = catalog_;
  parts.blobs = blobs_;
  parts.clock = clock_;
  parts.clients = mirror::make_clients(std::move(defaults), clock_, metrics_);
  parts.queue = queue_;
  parts.schedules = schedules_;
  parts.sync_schedules = {.cran = settings_.cran.sync_schedule,
                          .pypi = settings_.pypi.sync_schedule,
                          .bioconductor = settings_.bioconductor.sync_schedule};
  TRY(mirror::check(parts.sync_schedules));
  parts.fetch = {.cran = settings_.cran.fetch,
                 .pypi = settings_.pypi.fetch,
                 .bioconductor = settings_.bioconductor.fetch};
  TRY(mirror::check(parts.fetch));
  parts.describe = settings_.cran.read_old_versions;
  parts.crawl = settings_.pypi.crawl;
  parts.metrics = &metrics_;
  parts.log = Logger(sink_, "mirror");
  parts.spool = settings_.server.data_dir + "/tmp";
  parts.stores_elsewhere = settings_.storage.fallback == "s3";
  parts.staleness = settings_.pypi.staleness;
  mirrors_ = mirror::make_mirrors(std::move(parts));
  return {};
}

/// The first key that a database sees is taken for that of all, but not while nodes work that have none.
Result<> Node::check_keys_of_others(const Context& ctx, const std::string& fingerprint) {
  if (settings_.database.provider != "postgres") return {};
  for (const auto& one : TRY(nodes_->list(ctx))) {
    const bool works = one.state != cluster::State::stopped && one.state != cluster::State::lost;
    if (!works || one.node.name == node_name(settings_) || one.node.key == fingerprint) continue;
    const auto of = [](const std::string& key) {
      return key.empty() ? "no encryption key" : "the encryption key " + key;
    };
    return fail(Errc::conflict,
                "this node has " + of(fingerprint) + ", but node " + one.node.name + " works with " +
                    of(one.node.key),
                "give every node the same key (Server.EncryptionKeyPath); after a change of the key, stop "
                "every node and start the first with: granary serve --accept-key");
  }
  return {};
}

Result<> Node::wait_for_database(const StartOptions& options) {
  const Context ctx(log_, std::stop_token(), Context::Clock::now() + std::chrono::minutes(1));
  for (;;) {
    auto migrated = db::check_whole(ctx, *database_);
    if (migrated) migrated = database_->migrate(ctx, migrations());
    if (migrated && !options.accept_key) migrated = check_keys_of_others(ctx, options.key_fingerprint);
    if (migrated)
      migrated = auth::check_shared_key(ctx, *database_, options.key_fingerprint, options.accept_key);
    if (migrated) migrated = cluster::follow(*database_, ctx, *clock_);
    if (migrated && options.read_only) migrated = database_->set(ctx, true);
    if (migrated) return {};
    const bool may_pass = migrated.error().code() == Errc::unavailable && ctx.check();
    if (!may_pass) return migrated;
    log_.failed("cannot reach the database, trying again", migrated.error());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

/// Listens to the database, and so comes before its first use.
void Node::make_runner() {
  if (settings_.jobs.workers == 0 || settings_.server.role == "web") return;
  const auto grace = std::chrono::duration_cast<std::chrono::seconds>(settings_.limits.gc_grace);
  auto handlers = ingest::maintenance_handlers(ingest_, grace);
  handlers.push_back(mirrors_->sync_handler());
  handlers.push_back(mirrors_->crawl_handler());
  handlers.push_back(mirrors_->describe_handler());
  for (auto& handler : mirrors_->fetch_handlers(api::choose_files(catalog_, *mirrors_)))
    handlers.push_back(std::move(handler));
  handlers.push_back(build::make_build_handler(build_));
  std::vector<std::string> kinds;
  for (const auto& handler : handlers) kinds.emplace_back(handler->kind());
  jobs::add_gauges(metrics_, queue_, clock_, kinds);
  runner_ = std::make_unique<jobs::Runner>(
      jobs::RunnerParts{queue_, schedules_, clock_, sink_, &metrics_,
                        [this](const Context& ctx) { return storage_is_away(ctx); }},
      jobs::RunnerOptions{
          .worker = node_name(settings_),
          .workers = static_cast<unsigned>(settings_.jobs.workers),
          .lease = settings_.jobs.lease,
          .keep_finished = std::chrono::duration_cast<std::chrono::hours>(settings_.jobs.keep_finished)},
      std::move(handlers));
  database_->on_change(runner_->listener());
  poller_ = std::make_unique<build::Poller>(build_, settings_.git.poll_interval, Logger(sink_, "build"));
}

/// The database, or the store: looks into both for something that is not there.
bool Node::storage_is_away(const Context& ctx) {
  const auto asked = database_->read(ctx, [](db::Session& session) {
    return session.query("SELECT 1", {}, [](const db::Row&) -> Result<> { return {}; });
  });
  return !asked || !blobs_->find(ctx.with_timeout(kStorePatience), Digest{});
}

/// Or nobody knows yet. Of SQLite there is one node.
bool Node::older_nodes_work() const {
  return settings_.database.provider == "postgres" && format_ < cluster::kFormat;
}

StoreLinks Node::store_links() {
  return {.metrics = &metrics_, .older_nodes_read = [this] { return older_nodes_work(); }};
}

/// Listens to the database too.
void Node::make_heartbeat(const StartOptions& options) {
  nodes_ = std::make_shared<cluster::Nodes>(database_, clock_);
  const auto& listen = settings_.http.listen.empty() ? settings_.https.listen : settings_.http.listen;
  const auto port = listen.substr(std::min(listen.rfind(':'), listen.size()));
  cluster::HeartbeatParts parts;
  parts.nodes = nodes_;
  parts.self = {node_name(settings_),  host_name() + port,      std::string(kVersion),
                settings_.server.role, options.key_fingerprint, clock_->now()};
  parts.log = Logger(sink_, "cluster");
  parts.running = [this] { return runner_ ? static_cast<std::int64_t>(runner_->running()) : 0; };
  parts.keep_time = [this, warned = false](const Context& ctx) mutable {
    if (!cluster::follow(*database_, ctx, *clock_)) return;  // the beat says why
    const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(clock_->machine_ahead()).count();
    const bool wrong = std::abs(ahead) > kClockTolerance.count();
    if (wrong && !warned)
      log_.warn("the clock of this machine is not that of the database: S3 and TLS need the right time",
                {{"seconds_ahead", std::to_string(ahead)}});
    warned = wrong;
  };
  parts.agree = [this](std::int64_t format) {
    if (format < cluster::kFormat && format_.exchange(format) != format)
      log_.warn("nodes of an older version work: what they do not understand is not used yet");
    format_ = format;
  };
  parts.obey = [this](bool online) {
    online_ = online;
    if (!runner_) return;
    online ? runner_->resume() : runner_->hold();
    online ? poller_->resume() : poller_->hold();
  };
  // Of SQLite there is one node, which needs nobody to know that it lives.
  if (settings_.database.provider != "postgres") parts.every = std::chrono::hours(1);
  heartbeat_ = std::make_unique<cluster::Heartbeat>(std::move(parts));
  database_->on_change(heartbeat_->listener());
}

Result<> Node::prepare_jobs() {
  if (database_->on()) return {};  // read-only from the start: schedules are as the last start left them
  const Context ctx(log_, std::stop_token(), Context::Clock::now() + std::chrono::minutes(1));
  const auto plan = [&](std::string_view setting, const std::string& cron,
                        const jobs::JobSpec& job) -> Result<> {
    if (cron.empty()) return schedules_->undefine(ctx, job.kind);
    auto defined = schedules_->define(ctx, {job.kind, cron, job});
    if (defined || defined.error().code() != Errc::invalid_argument) return defined;
    return fail(Errc::invalid_argument, std::string(setting) + ": " + defined.error().message(),
                defined.error().hint());
  };
  // A node may have died between the deletion of a source and the order to erase it.
  if (TRY(ingest_->has_deleted(ctx))) TRY(queue_->submit(ctx, ingest::erase_job()));
  TRY(plan("Jobs.CollectSchedule", settings_.jobs.collect_schedule, ingest::collect_job()));
  return plan("Jobs.VerifySchedule", settings_.jobs.verify_schedule, ingest::verify_job());
}

/// The repositories that a new server has by itself; what is synchronised when. Upstreams are not asked here.
Result<> Node::prepare_mirrors() {
  if (database_->on()) return {};
  const Context ctx(log_, std::stop_token(), Context::Clock::now() + std::chrono::minutes(1));
  const auto& repos = settings_.repos;
  const bool authenticated = new_repos_authenticated_;
  for (const auto& one :
       {mirror::DefaultRepository{repos.cran, model::SourceType::cran, authenticated},
        mirror::DefaultRepository{repos.pypi, model::SourceType::pypi, authenticated},
        mirror::DefaultRepository{repos.bioconductor, model::SourceType::bioconductor, authenticated}}) {
    const auto made = mirrors_->make_default(ctx, one);
    if (!made && made.error().code() == Errc::conflict) {
      log_.failed("cannot make the repository of [Repos]", made.error());  // packages are served all the same
      continue;
    }
    if (!made && made.error().code() == Errc::invalid_argument)
      return fail(Errc::invalid_argument, "[Repos]: " + made.error().message(), made.error().hint());
    if (!made) return tl::unexpected(made.error());
    if (*made)
      log_.info("made the repository", {{"name", one.name}, {"type", std::string(name_of(one.type))}});
  }
  return mirrors_->plan_syncs(ctx);
}

void Node::bind_routers() {
  bind_routes(router_,
              {clock_, blobs_, catalog_, tokens_, views_, ingest_, queue_, job_events_, mirrors_, r_indexes_,
               [this] { return new_repos_authenticated_.load(std::memory_order_relaxed); },
               [this] { return leaving_.load(std::memory_order_relaxed); },
               [this] { return online_.load(std::memory_order_relaxed); }, nodes_, node_name(settings_),
               database_, build_},
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
  if (settings_.database.provider == "postgres") o.brief_patience = settings_.postgres.outage_patience;
  if (settings_.storage.fallback == "s3")
    o.brief_patience = std::max(o.brief_patience, std::chrono::milliseconds(settings_.s3.outage_patience));
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

void Node::drain() {
  if (poller_) poller_->hold();
  if (runner_) runner_->pause();  // jobs stop while requests end
  job_events_->close();
  server_->drain(settings_.limits.drain_timeout);
}

}  // namespace granary::app
