#pragma once
/// One running server: everything it owns, made in order of dependence and ended in reverse. The only place
/// where implementations are chosen and seams are wired.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/indexes_ahead.h"
#include "api/job_events.h"
#include "api/r_rendered.h"
#include "app/stores.h"
#include "auth/auth.h"
#include "base/log.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "build/poller.h"
#include "catalog/catalog.h"
#include "cluster/heartbeat.h"
#include "cluster/shared_clock.h"
#include "config/settings.h"
#include "db/read_only.h"
#include "http/route.h"
#include "http/server.h"
#include "ingest/ingest.h"
#include "jobs/runner.h"
#include "mirror/mirrors.h"
#include "view/render_store.h"
#include "view/views.h"

namespace granary::app {

/// What a start needs beside the settings.
struct StartOptions {
  std::string key_fingerprint;  // of the encryption key; empty: none
  bool accept_key = false;      // the database is to remember this one, whichever it had before
  bool read_only = false;       // writes are refused from the start
  std::string config_path{};    // of the settings file; empty: none
};

class Node {
 public:
  /// Opens the stores, migrates the database, listens. A database that is down at first is waited for,
  /// up to a minute, with a line in the log.
  static Result<std::unique_ptr<Node>> start(const config::Settings&, const config::Environment&,
                                             const StartOptions&, std::shared_ptr<LogSink>);
  ~Node();

  /// SIGHUP: log level and files, certificates. What cannot change while running is named in the log.
  void reload(const config::Settings&);
  /// Before drain(): /__ping__ says that a balancer should go elsewhere; all else goes on.
  void leave() noexcept { leaving_ = true; }
  /// SIGTERM: finishes what has begun, cuts what is left after Limits.DrainTimeout.
  void drain();
  /// The bound ports, for the log and for port 0.
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }

 private:
  Node(const config::Settings&, const config::Environment&, std::shared_ptr<LogSink>);
  Result<> prepare_folders();
  Result<> open_stores(const StartOptions&);
  Result<> open_mirrors();
  Result<std::shared_ptr<view::RenderStore>> open_render_store();
  Result<> wait_for_database(const StartOptions&);
  Result<> check_keys_of_others(const Context&, const std::string& fingerprint);
  void bind_routers();
  void make_runner();
  bool storage_is_away(const Context& ctx);
  void make_heartbeat(const StartOptions&);
  bool older_nodes_work() const;
  StoreLinks store_links();
  Result<> prepare_jobs();
  Result<> prepare_mirrors();
  Result<> listen();
  http::ServerOptions server_options(Networks trusted_proxies) const;

  config::Settings settings_;
  config::Environment environment_;
  std::shared_ptr<LogSink> sink_;
  Logger log_;
  UniqueFd folder_lock_;
  Metrics metrics_;
  std::shared_ptr<cluster::SharedClock> clock_;
  std::atomic<bool> leaving_ = false;
  std::atomic<std::int64_t> format_ = 0;       // see cluster::kFormat; 0: not heard yet
  std::atomic<bool> online_ = true;            // what the cluster wants of this node
  std::atomic<bool> new_repos_authenticated_;  // SIGHUP may change it
  std::shared_ptr<db::ReadOnlySwitch> database_;
  std::shared_ptr<blob::BlobStore> blobs_;
  std::shared_ptr<catalog::Catalog> catalog_;
  std::shared_ptr<auth::Tokens> tokens_;
  std::shared_ptr<view::Views> views_;
  std::shared_ptr<ingest::Ingest> ingest_;
  std::shared_ptr<jobs::Queue> queue_;
  std::shared_ptr<jobs::Schedules> schedules_;
  std::shared_ptr<api::JobEvents> job_events_;
  std::shared_ptr<cluster::Nodes> nodes_;
  std::unique_ptr<cluster::Heartbeat> heartbeat_;
  std::shared_ptr<mirror::Mirrors> mirrors_;
  build::Parts build_;
  std::unique_ptr<jobs::Runner> runner_;
  std::unique_ptr<build::Poller> poller_;
  std::shared_ptr<const api::RenderedIndexes> r_indexes_;
  std::shared_ptr<api::IndexesAhead> indexes_ahead_;
  http::Router router_, metrics_router_, redirect_router_;
  std::unique_ptr<http::Server> server_;
  std::vector<std::string> addresses_;
};

}  // namespace granary::app
