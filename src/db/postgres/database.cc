/// Database over PostgreSQL: a pool for reads, one connection that writes, one that listens.

#include <mutex>

#include "base/bytes.h"
#include "base/hash.h"
#include "db/changes.h"
#include "db/group_writer.h"
#include "db/migrate.h"
#include "db/open.h"
#include "db/pool.h"
#include "db/postgres/address.h"
#include "db/postgres/connection.h"
#include "db/postgres/errors.h"
#include "db/postgres/listener.h"
#include "db/postgres/outage.h"
#include "db/postgres/servers.h"
#include "db/postgres/writer.h"

namespace granary::db {
namespace {

using Clock = Context::Clock;
using Connections = Pool<PostgresConnection>;

constexpr int kFewestConnections = 3;  // the writer, the listener, and one that reads

std::string timeout_of(const Context& ctx) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(ctx.remaining()).count();
  return std::to_string(std::clamp<std::int64_t>(ms, 1, 86'400'000));
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(PostgresOptions options, const PostgresAddress& address, Logger log)
      : options_(std::move(options)),
        servers_(address),
        log_(std::move(log)),
        node_(hex(as_bytes(random_bytes(8)))),
        readers_(
            limits(options_), [this](const Context& ctx, int others) { return connect(ctx, others); },
            is_full) {}

  void start() {
    writer_ = GroupWriter::start(std::make_unique<PostgresWriter>(options_, servers_, outage_, node_, others_,
                                                                  [this] { readers_.give_way(); }),
                                 changes_, log_);
  }

  Result<> read(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    return judged(read_now(ctx, work));
  }

  Result<> write(const Context& ctx, const std::function<Result<>(WriteSession&)>& work) override {
    TRY(judged(writer_->write(ctx, work)));
    outage_.over();  // readers need not find out by themselves
    return {};
  }

  Result<> write_aside(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    return judged(write_now(ctx, work));
  }

  Result<> migrate(const Context& ctx, std::span<const Migration> migrations) override {
    auto lease = TRY(readers_.acquire(ctx));
    auto done = migrate_on(*lease, ctx, migrations);
    lease.discard();  // and with it the lock and the timeout
    readers_.clear();
    return done;
  }

  void on_change(std::function<void(std::span<const std::int64_t>)> heard) override {
    changes_.add(std::move(heard));
    const std::lock_guard lock(listening_);
    if (listener_) return;
    auto started = PostgresListener::start({.servers = &servers_,
                                            .connection_timeout = options_.connection_timeout,
                                            .node = node_,
                                            .changes = &changes_,
                                            .open = &others_,
                                            .tick = [this] { readers_.prune(); },
                                            .lost =
                                                [this](bool silent) {
                                                  outage_.lost(silent, Clock::now());
                                                  readers_.clear();
                                                },
                                            .found = [this] { outage_.over(); },
                                            .full = [this] { readers_.give_way(); },
                                            .log = log_});
    if (started)
      listener_ = *std::move(started);
    else
      log_.failed("failed to listen for changes of other servers", started.error());
  }

  Dialect dialect() const noexcept override { return Dialect::postgres; }
  PoolStats stats() const override {
    auto stats = readers_.stats();
    stats.open += others_.load();
    stats.maximum = options_.max_open_connections;
    return stats;
  }

 private:
  /// A connection on which a transaction has begun.
  Result<Connections::Lease> begin(const Context& ctx, std::string_view how) {
    for (;;) {
      auto lease = TRY(readers_.acquire(ctx));
      lease->limit(ctx.deadline());
      auto begun = lease->run("BEGIN ISOLATION LEVEL " + std::string(how) +
                              "; SET LOCAL statement_timeout = " + timeout_of(ctx));
      if (begun) return lease;
      const bool stale = lease->broken() && !lease.fresh();
      lease.discard();
      if (!stale) return tl::unexpected(std::move(begun).error());
      readers_.clear();  // the server restarted while they were idle
    }
  }

  Result<> read_now(const Context& ctx, const std::function<Result<>(Session&)>& work) {
    auto lease = TRY(begin(ctx, "REPEATABLE READ READ ONLY"));
    auto result = work(*lease);
    // The next user of the connection reads the answer: one round trip less for this one.
    if (!lease->broken()) lease->run_later("ROLLBACK");
    if (lease->broken()) lease.discard();
    return result;
  }

  Result<> write_now(const Context& ctx, const std::function<Result<>(Session&)>& work) {
    auto lease = TRY(begin(ctx, "READ COMMITTED READ WRITE"));
    auto result = work(*lease);
    if (result) {
      const auto tag = lease->run("COMMIT");
      if (!tag)
        result = tl::unexpected(tag.error());
      else if (*tag != "COMMIT")
        result = fail(Errc::unavailable, "the database did not store the change", "retry later");
    } else if (!lease->broken()) {
      lease->run_later("ROLLBACK");
    }
    if (lease->broken()) lease.discard();
    return result;
  }

  /// What may be over in a moment is not said to be so for longer than the patience.
  Result<> judged(Result<> result) const {
    const auto patience = options_.outage_patience;
    if (result || !result.error().brief() ||
        (patience.count() > 0 && outage_.is_younger(patience, Clock::now())))
      return result;
    return tl::unexpected(std::move(result).error().as_brief(false));
  }
  Result<std::unique_ptr<PostgresConnection>> connect(const Context& ctx, int others) {
    if (!outage_.may_try(Clock::now())) {
      if (auto why = outage_.why()) return tl::unexpected(*std::move(why));
      return postgres_error("", "it did not answer just now", "");
    }
    auto connection = servers_.connect(std::min(ctx.deadline(), Clock::now() + options_.connection_timeout),
                                       {.silent = outage_.told_fd()});
    // Who has no connection left for us is there: those that we have go on.
    const bool there = connection || (others > 0 && is_full(connection.error()));
    outage_.tried(there, Clock::now(), there ? std::optional<Error>() : connection.error());
    return connection;
  }
  static PoolLimits limits(const PostgresOptions& options) {
    const int open = options.max_open_connections - 2;
    return {.open = open,
            .idle = std::clamp(options.max_idle_connections, 0, open),
            .lifetime = options.max_connection_lifetime,
            .idle_time = options.max_connection_idle_time};
  }

  static Result<> migrate_on(PostgresConnection& connection, const Context& ctx,
                             std::span<const Migration> migrations) {
    connection.limit(ctx.deadline());
    TRY(connection.run("SET statement_timeout = " + timeout_of(ctx)));
    bool has_schema = false;
    TRY(connection.query("SELECT current_schema() IS NOT NULL", {}, [&](const Row& row) -> Result<> {
      has_schema = row.blob(0) == std::string_view("\1", 1);
      return {};
    }));
    if (!has_schema) return postgres_error("3F000", "current_schema() is null", "");
    TRY(connection.run("SELECT pg_advisory_lock(1735550562, hashtext(current_schema()))"));
    TRY(connection.run(std::string(bookkeeping_sql(Dialect::postgres))));
    return apply_missing(
        connection,
        [&](const std::string& sql) -> Result<> {
          TRY(connection.run(sql));
          return {};
        },
        migrations);
  }

  PostgresOptions options_;
  PostgresServers servers_;
  Logger log_;
  std::string node_;
  std::atomic<int> others_{0};  // connections outside the pool
  Changes changes_;
  Outage outage_;
  Connections readers_;
  std::unique_ptr<GroupWriter> writer_;
  std::mutex listening_;
  std::unique_ptr<PostgresListener> listener_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options, Logger log) {
  if (options.max_open_connections < kFewestConnections)
    return fail(Errc::invalid_argument,
                "PostgreSQL needs at least " + std::to_string(kFewestConnections) + " open connections",
                "one writes, one listens for changes, the rest read: raise the maximum");
  const auto address = TRY(parse_address(options.url, options.password));
  auto database = std::make_unique<PostgresDatabase>(options, address, std::move(log));
  database->start();
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace granary::db
