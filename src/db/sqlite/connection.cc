#include "db/sqlite/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace granary::db {
namespace {

constexpr std::size_t kMostCached = 128;
constexpr int kStepsBetweenChecks = 2000;

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* s) : s_(s) {}
  bool is_null(int c) const override { return sqlite3_column_type(s_, c) == SQLITE_NULL; }
  std::int64_t integer(int c) const override { return sqlite3_column_int64(s_, c); }
  std::string_view text(int c) const override { return blob(c); }
  std::string_view blob(int c) const override {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(s_, c));
    return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(s_, c)))
                : std::string_view();
  }

 private:
  sqlite3_stmt* s_;
};

int bind_one(sqlite3_stmt* s, int index, const Value& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(s, index, *n);
  if (const auto* t = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(s, index, t->data() ? t->data() : "", t->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* b = std::get_if<Blob>(&value))
    return sqlite3_bind_blob64(s, index, b->bytes.data() ? b->bytes.data() : "", b->bytes.size(),
                               SQLITE_STATIC);
  return sqlite3_bind_null(s, index);
}

}  // namespace

/// A prepared statement in use; reset and given back to the cache when it goes.
class SqliteConnection::Borrowed {
 public:
  explicit Borrowed(Cached* cached) : cached_(cached), statement_(cached->statement.get()) {
    cached->busy = true;
  }
  Borrowed(Statement own, std::vector<std::size_t> order)
      : own_(std::move(own)), order_(std::move(order)), statement_(own_.get()) {}
  Borrowed(Borrowed&& other) noexcept
      : cached_(std::exchange(other.cached_, nullptr)),
        own_(std::move(other.own_)),
        order_(std::move(other.order_)),
        statement_(std::exchange(other.statement_, nullptr)) {}
  Borrowed& operator=(Borrowed&&) = delete;
  ~Borrowed() {
    if (statement_) {
      sqlite3_reset(statement_);
      sqlite3_clear_bindings(statement_);
    }
    if (cached_) cached_->busy = false;
  }
  sqlite3_stmt* get() const noexcept { return statement_; }
  /// Which value each parameter takes, from 0.
  const std::vector<std::size_t>& order() const noexcept { return cached_ ? cached_->order : order_; }

 private:
  Cached* cached_ = nullptr;
  Statement own_;
  std::vector<std::size_t> order_;
  sqlite3_stmt* statement_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Use use,
                                                                 std::chrono::milliseconds patience) {
  const bool memory = path == ":memory:";
  if (!memory && use == Use::write) {
    std::error_code failed;
    const auto folder = std::filesystem::absolute(path, failed).parent_path();
    if (!failed) std::filesystem::create_directories(folder, failed);
    if (failed) return system_error(failed.value(), "create the folder '" + folder.string() + "'");
    // SQLite's own files take the permissions of this one; it holds hashes of tokens.
    const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return system_error(errno, "open the database '" + path + "'");
  }
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db));
  if (code != SQLITE_OK) return connection->error(code, "open");
  // Before the first statement: recovery of the log by another connection looks like a lock.
  sqlite3_busy_timeout(db, static_cast<int>(patience.count()));
  sqlite3_progress_handler(db, kStepsBetweenChecks, &SqliteConnection::on_progress, connection.get());
  if (!memory && use == Use::write) {
    std::string mode;
    TRY(connection->query("PRAGMA journal_mode = WAL", {}, [&](const Row& row) -> Result<> {
      mode = row.text(0);
      return {};
    }));
    if (mode != "wal")
      return fail(Errc::unsupported, "the database '" + path + "' cannot keep a write-ahead log",
                  "put it on a local file system");
  }
  // FULL: an answered write survives a loss of power. The caches are small: hot answers are kept above the
  // database.
  TRY(
      connection->run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                      "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;"));
  TRY(connection->run(use == Use::write ? "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 8192"
                                        : "PRAGMA cache_size = -2048"));
  if (use == Use::read) TRY(connection->run("PRAGMA query_only = ON"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  cache_.clear();
  sqlite3_close(db_);
}

Result<> SqliteConnection::query(std::string_view sql, std::span<const Value> parameters,
                                 const EachRow& each) {
  const auto borrowed = TRY(borrow(sql));
  TRY(bind(borrowed.get(), borrowed.order(), parameters));
  const SqliteRow row(borrowed.get());
  for (;;) {
    const int code = sqlite3_step(borrowed.get());
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return error(code, sql);
    TRY(each(row));
  }
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql, std::span<const Value> parameters) {
  TRY(query(sql, parameters, [](const Row&) -> Result<> { return {}; }));
  return sqlite3_changes64(db_);
}

Result<> SqliteConnection::run(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, sql);
  return {};
}

Result<SqliteConnection::Statement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  Statement owned(statement);
  if (code != SQLITE_OK) return error(code, sql);
  if (!owned) return fail(Errc::internal, "an empty statement");
  return owned;
}

Result<SqliteConnection::Borrowed> SqliteConnection::borrow(std::string_view sql) {
  auto at = cache_.find(sql);
  if (at != cache_.end() && at->second.busy) return Borrowed(TRY(prepare(sql)), at->second.order);
  if (at == cache_.end()) {
    auto statement = TRY(prepare(sql));
    auto order = TRY(order_of(statement.get()));
    if (cache_.size() >= kMostCached)
      std::erase_if(cache_, [](const auto& entry) { return !entry.second.busy; });
    at = cache_.emplace(sql, Cached{std::move(statement), std::move(order), false}).first;
  }
  return Borrowed(&at->second);
}

/// Once per statement: SQLite finds a name by going through all of them.
Result<std::vector<std::size_t>> SqliteConnection::order_of(sqlite3_stmt* statement) {
  std::vector<std::size_t> order;
  const int count = sqlite3_bind_parameter_count(statement);
  for (int index = 1; index <= count; ++index) {
    const char* name = sqlite3_bind_parameter_name(statement, index);
    const auto number = parse_unsigned(name ? std::string_view(name).substr(1) : std::string_view());
    if (!number || *number < 1) return fail(Errc::internal, "a statement has a parameter without a number");
    order.push_back(*number - 1);
  }
  return order;
}

Result<> SqliteConnection::bind(sqlite3_stmt* statement, const std::vector<std::size_t>& order,
                                std::span<const Value> parameters) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] >= parameters.size())
      return fail(Errc::internal, "a statement has a parameter without a value");
    const int code = bind_one(statement, static_cast<int>(i) + 1, parameters[order[i]]);
    if (code != SQLITE_OK) return error(code, sqlite3_sql(statement));
  }
  return {};
}

tl::unexpected<Error> SqliteConnection::error(int code, std::string_view sql) const {
  const auto say = [&](Errc errc, std::string message, std::string hint) {
    return tl::unexpected(Error(errc, std::move(message), std::move(hint), __FILE__, __LINE__)
                              .note(std::string(sqlite3_errstr(code)) + " (" + std::to_string(code) +
                                    "): " + (db_ ? sqlite3_errmsg(db_) : ""))
                              .note("statement: " + std::string(sql.substr(0, 200))));
  };
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return say(Errc::conflict, "it exists already, or something else still needs it",
                 "look at what is there");
    case SQLITE_FULL:
      return say(Errc::unavailable, "the disk of the database is full", "free space on it, then retry");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(Errc::unavailable, "the database is locked by another process",
                 "end the other program that uses the file, then retry");
    case SQLITE_IOERR:
      return say(Errc::unavailable, "the database cannot read or write its file",
                 "look at the disk, its free space and quotas, then retry");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return say(Errc::unavailable, "the database cannot open its file for writing",
                 "look at the permissions of the file and of its folder");
    case SQLITE_INTERRUPT:
      return say(Errc::deadline_exceeded, "the database took longer than the deadline", "retry later");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return say(Errc::corrupt, "the database file is damaged", "restore it from a backup");
    case SQLITE_TOOBIG:
      return say(Errc::too_large, "a value is too large for the database", "");
    case SQLITE_NOMEM:
      return say(Errc::unavailable, "the database has no memory left", "retry later");
    default:
      return say(Errc::internal, "the database refused a statement", "");
  }
}

int SqliteConnection::on_progress(void* self) noexcept {
  const auto* connection = static_cast<SqliteConnection*>(self);
  return connection->deadline_ != kForEver && Context::Clock::now() >= connection->deadline_ ? 1 : 0;
}

}  // namespace granary::db
