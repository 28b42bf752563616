/// Database over SQLite. A file: pooled readers beside the writer (WAL). ":memory:": one connection that all
/// share in turn, because SQLite's shared cache has table locks that fail where a file would wait.

#include <thread>

#include "db/changes.h"
#include "db/group_writer.h"
#include "db/migrate.h"
#include "db/open.h"
#include "db/pool.h"
#include "db/sqlite/connection.h"

namespace granary::db {
namespace {

using Connections = Pool<SqliteConnection>;

constexpr auto kPatience = std::chrono::milliseconds(5'000);       // of readers and of opening
constexpr auto kWritePatience = std::chrono::milliseconds(2'000);  // of BEGIN: others wait behind it

/// The writer's own connection to a file, or in memory the shared one for the time of a transaction.
class SqliteWriter final : public WriterConnection {
 public:
  SqliteWriter(std::unique_ptr<SqliteConnection> own, Connections* shared, const Logger* log)
      : own_(std::move(own)), shared_(shared), log_(log) {}

  Result<> begin() override {
    if (shared_) {
      const Context ctx(*log_, {}, Context::Clock::now() + kWritePatience);
      lease_.emplace(TRY(shared_->acquire(ctx)));
    }
    connection().limit(SqliteConnection::kForEver);
    entered_ = false;
    TRY(connection().execute("BEGIN IMMEDIATE", {}));
    return {};
  }
  Result<> enter(Deadline deadline) override {
    connection().limit(SqliteConnection::kForEver);
    if (std::exchange(entered_, true)) TRY(connection().execute("RELEASE change", {}));
    TRY(connection().execute("SAVEPOINT change", {}));
    connection().limit(deadline);
    return {};
  }
  Session& session() override { return connection(); }
  Result<> undo() override {
    connection().limit(SqliteConnection::kForEver);
    TRY(connection().execute("ROLLBACK TO change", {}));
    return {};
  }
  bool lost() const override { return !connection().in_transaction(); }
  Result<> commit(std::span<const std::int64_t>) override {
    connection().limit(SqliteConnection::kForEver);
    auto committed = connection().execute("COMMIT", {});
    if (!committed) return tl::unexpected(std::move(committed).error());
    lease_.reset();
    return {};
  }
  void abandon() noexcept override {
    if (shared_ && !lease_) return;
    connection().limit(SqliteConnection::kForEver);
    if (connection().in_transaction()) static_cast<void>(connection().run("ROLLBACK"));
    lease_.reset();
  }

 private:
  SqliteConnection& connection() const { return shared_ ? **lease_ : *own_; }

  std::unique_ptr<SqliteConnection> own_;
  Connections* shared_;
  const Logger* log_;
  std::optional<Connections::Lease> lease_;
  bool entered_ = false;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(SqliteOptions options, Logger log)
      : options_(std::move(options)), log_(std::move(log)), readers_(limits(), [this](const Context&, int) {
          return SqliteConnection::open(options_.path, memory() ? Use::write : Use::read, kPatience);
        }) {}

  Result<> start() {
    std::unique_ptr<SqliteConnection> own;
    if (!memory()) own = TRY(SqliteConnection::open(options_.path, Use::write, kWritePatience));
    writer_ = GroupWriter::start(
        std::make_unique<SqliteWriter>(std::move(own), memory() ? &readers_ : nullptr, &log_), changes_,
        log_);
    return {};
  }

  Result<> read(const Context& ctx, const std::function<Result<>(Session&)>& work) override {
    auto lease = TRY(readers_.acquire(ctx));
    lease->limit(ctx.deadline());
    TRY(lease->execute("BEGIN", {}));
    auto result = work(*lease);
    lease->limit(SqliteConnection::kForEver);
    if (auto ended = lease->execute("ROLLBACK", {}); !ended) lease.discard();
    return result;
  }

  Result<> write(const Context& ctx, const std::function<Result<>(WriteSession&)>& work) override {
    return writer_->write(ctx, work);
  }

  Result<> migrate(const Context& ctx, std::span<const Migration> migrations) override {
    if (memory()) {
      auto lease = TRY(readers_.acquire(ctx));
      return migrate_on(*lease, ctx, migrations);
    }
    const auto connection = TRY(SqliteConnection::open(options_.path, Use::write, kPatience));
    return migrate_on(*connection, ctx, migrations);
  }

  void on_change(std::function<void(std::span<const std::int64_t>)> heard) override {
    changes_.add(std::move(heard));
  }
  Dialect dialect() const noexcept override { return Dialect::sqlite; }
  PoolStats stats() const override { return readers_.stats(); }

 private:
  using Use = SqliteConnection::Use;

  bool memory() const { return options_.path == ":memory:"; }
  PoolLimits limits() const {
    const int readers = memory() ? 1 : std::max(1, options_.readers);
    return {.open = readers, .idle = readers};
  }

  /// All in one transaction, so that the lock is never let go between looking and applying.
  static Result<> migrate_on(SqliteConnection& connection, const Context& ctx,
                             std::span<const Migration> migrations) {
    TRY(ctx.check());
    connection.limit(ctx.deadline());
    TRY(connection.run("BEGIN IMMEDIATE"));
    const auto nested = [&](const std::string& sql) {
      if (sql == "BEGIN") return connection.run("SAVEPOINT migration");
      if (sql == "COMMIT") return connection.run("RELEASE migration");
      if (sql == "ROLLBACK") return connection.run("ROLLBACK TO migration");
      return connection.run(sql);
    };
    auto done = connection.run(std::string(bookkeeping_sql(Dialect::sqlite)));
    if (done) done = apply_missing(connection, nested, migrations);
    connection.limit(SqliteConnection::kForEver);
    // What came before a migration that failed stays applied, as in PostgreSQL.
    auto committed = connection.run("COMMIT");
    if (!committed && connection.in_transaction()) static_cast<void>(connection.run("ROLLBACK"));
    return done ? std::move(committed) : std::move(done);
  }

  SqliteOptions options_;
  Logger log_;
  Changes changes_;
  Connections readers_;
  std::unique_ptr<GroupWriter> writer_;  // last: it uses the rest
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options, Logger log) {
  auto database = std::make_unique<SqliteDatabase>(options, std::move(log));
  TRY(database->start());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace granary::db
