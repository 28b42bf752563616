#pragma once
/// The database seam: SQL in, rows out. Only db/ names SQLite or libpq. Every implementation passes
/// db/testing/database_suite.h; the in-memory twin is SQLite on ":memory:".
///
/// SQL is written once where both dialects allow it: parameters are $1, $2, ... in order of first appearance;
/// times are BIGINT microseconds; booleans are BIGINT 0 or 1; digests are BLOB/BYTEA. Use `ON CONFLICT` and
/// `RETURNING` freely.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"

namespace granary::db {

enum class Dialect : std::uint8_t { sqlite, postgres };

struct Blob {
  std::string_view bytes;
};
/// A parameter. Text and bytes are borrowed until the call returns.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view, Blob>;

/// One row of a result, valid only inside the callback.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;   // 0 for NULL
  virtual std::string_view text(int column) const = 0;  // empty for NULL
  virtual std::string_view blob(int column) const = 0;  // empty for NULL
};

using EachRow = std::function<Result<>(const Row&)>;

/// One consistent state of the database. One thread.
class Session {
 public:
  virtual ~Session() = default;
  /// Statements are prepared once per connection and cached by their text: `sql` must be a literal or
  /// long-lived.
  virtual Result<> query(std::string_view sql, std::span<const Value> parameters, const EachRow& each) = 0;
  /// Rows changed. Errc::conflict when a UNIQUE or foreign key constraint refuses.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) = 0;
  virtual Dialect dialect() const noexcept = 0;

  Result<> query(std::string_view sql, std::initializer_list<Value> parameters, const EachRow& each) {
    return query(sql, std::span(parameters.begin(), parameters.size()), each);
  }
  Result<std::int64_t> execute(std::string_view sql, std::initializer_list<Value> parameters) {
    return execute(sql, std::span(parameters.begin(), parameters.size()));
  }
};

class WriteSession : public Session {
 public:
  /// After the commit, every node's on_change() hears `topic`. Topics are the business of whoever announces.
  virtual void announce(std::int64_t topic) = 0;
};

/// Expand only, never edited once released. `sql` may use {id} (auto-increment primary key column type),
/// {bytes}, and {text} (sorted bytewise; plain TEXT sorts by the locale on PostgreSQL).
struct Migration {
  std::string_view name;  // "catalog.0001"; unique, order is the order of the list
  std::string_view sql;   // several statements, separated by ';' at the end of a line
};

struct PoolStats {
  int open = 0, in_use = 0, maximum = 0;
  std::uint64_t waits = 0;  // times that somebody waited for a connection
};

/// Safe for concurrent use. Errors: `unavailable` when the database is gone, locked or full (with the reason,
/// retry later), `deadline_exceeded` past the context's deadline, `conflict` and `internal` otherwise; and
/// whatever `work` returned. In write() a failed statement fails the closure, even one that swallows it.
class Database {
 public:
  virtual ~Database() = default;

  /// `work` sees one consistent state.
  virtual Result<> read(const Context&, const std::function<Result<>(Session&)>& work) = 0;

  /// Durable when it returns success; no trace when it fails. Concurrent calls are committed in groups with
  /// one fsync (a failure of one does not touch the others), so `work` runs on another thread, may run more
  /// than once, and must have no effect but on its session and on values that it sets anew each time. Keep it
  /// short: writers queue.
  virtual Result<> write(const Context&, const std::function<Result<>(WriteSession&)>& work) = 0;

  /// As write(), for the rows of one who says that he is alive: not in order with other writes, so that a
  /// long one does not hold it up where several can write (PostgreSQL). No other write may decide by these
  /// rows but through a condition of its own statement.
  virtual Result<> write_aside(const Context& ctx, const std::function<Result<>(Session&)>& work) {
    return write(ctx, work);
  }

  /// Applies what is missing, in order, each in a transaction. Safe when several processes do it at once.
  virtual Result<> migrate(const Context&, std::span<const Migration> migrations) = 0;

  /// `heard` is called with the topics of each commit: before write() returns for this process's own, within
  /// a second for another's; with an empty list when messages may have been lost (reconnect): reload
  /// everything. Never blocks for long. Register before use, at start.
  virtual void on_change(std::function<void(std::span<const std::int64_t> topics)> heard) = 0;

  virtual Dialect dialect() const noexcept = 0;
  virtual PoolStats stats() const = 0;
};

}  // namespace granary::db
