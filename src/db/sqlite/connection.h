#pragma once
/// One SQLite connection: statements, their cache, and SQLite's errors as ours.
/// https://www.sqlite.org/c3ref/intro.html

#include <sqlite3.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace granary::db {

/// One thread at a time.
class SqliteConnection final : public Session {
 public:
  enum class Use : std::uint8_t { read, write };
  using Deadline = Context::Clock::time_point;
  static constexpr Deadline kForEver = Deadline::max();

  /// `path`: a file, created if need be, or ":memory:". `patience`: how long a statement waits for another's
  /// lock.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Use use,
                                                        std::chrono::milliseconds patience);
  ~SqliteConnection() override;

  using Session::execute;
  using Session::query;
  Result<> query(std::string_view sql, std::span<const Value> parameters, const EachRow& each) override;
  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) override;
  Dialect dialect() const noexcept override { return Dialect::sqlite; }

  /// One or more statements without results, not cached.
  Result<> run(const std::string& sql);
  /// Statements that still run at `deadline` fail with `deadline_exceeded`.
  void limit(Deadline deadline) noexcept { deadline_ = deadline; }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

 private:
  struct Closer {
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Closer>;
  struct Cached {
    Statement statement;
    std::vector<std::size_t> order;  // which value each parameter takes
    bool busy = false;               // a query within a query's callback
  };
  class Borrowed;

  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  Result<Statement> prepare(std::string_view sql);
  Result<Borrowed> borrow(std::string_view sql);
  static Result<std::vector<std::size_t>> order_of(sqlite3_stmt* statement);
  Result<> bind(sqlite3_stmt* statement, const std::vector<std::size_t>& order,
                std::span<const Value> parameters);
  tl::unexpected<Error> error(int code, std::string_view sql) const;
  static int on_progress(void* self) noexcept;

  sqlite3* db_;
  Deadline deadline_ = kForEver;
  std::map<std::string, Cached, std::less<>> cache_;
};

}  // namespace granary::db
