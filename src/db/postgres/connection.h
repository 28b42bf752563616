#pragma once
/// One libpq connection that never blocks beyond a deadline.

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "db/database.h"
#include "db/postgres/address.h"

namespace granary::db {

/// One thread at a time. Results are read whole before the callback sees the first row, so callbacks may
/// query.
class PostgresConnection final : public Session {
 public:
  using Deadline = Context::Clock::time_point;

  /// `wake_fd`: readable when waiting is no longer worth it (-1: none); the call then fails with `cancelled`.
  static Result<std::unique_ptr<PostgresConnection>> connect(const PostgresAddress& address,
                                                             Deadline deadline, int wake_fd = -1);

  using Session::execute;
  using Session::query;
  Result<> query(std::string_view sql, std::span<const Value> parameters, const EachRow& each) override;
  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters) override;
  Dialect dialect() const noexcept override { return Dialect::postgres; }

  /// Statements without parameters, in one message; yields the tag of the last ("COMMIT").
  Result<std::string> run(const std::string& sql);
  /// The same, but the answer is read before the next statement: an error then breaks the connection.
  void run_later(const std::string& sql);

  /// The server's statement_timeout comes first; past `deadline` and a short grace the connection is given
  /// up.
  void limit(Deadline deadline) noexcept { deadline_ = deadline; }
  /// Close it: nothing is known about its state.
  bool broken() const noexcept { return broken_ || PQstatus(handle_.get()) != CONNECTION_OK; }

  /// Payloads that arrived since, waiting until `until` for the first.
  Result<std::vector<std::string>> notifications(Deadline until);

 private:
  struct Closer {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
  };
  using Handle = std::unique_ptr<PGconn, Closer>;
  using Answer = std::unique_ptr<PGresult, Closer>;

  PostgresConnection(Handle handle, int wake_fd) : handle_(std::move(handle)), wake_fd_(wake_fd) {}
  static Result<> wait(int fd, bool to_write, Deadline until, int wake_fd);
  Result<Answer> answer(std::string_view sql);
  Result<Answer> collect(std::string_view sql);
  Result<> drain();
  Result<std::string> prepared(std::string_view sql, std::span<const Value> parameters);
  Result<Answer> ask(std::string_view sql, std::span<const Value> parameters);

  Handle handle_;
  int wake_fd_;
  Deadline deadline_ = Deadline::max();
  bool broken_ = false;
  bool pending_ = false;                                        // of run_later
  std::map<std::string, std::string, std::less<>> statements_;  // text and types to name
  std::uint64_t named_ = 0;
};

}  // namespace granary::db
