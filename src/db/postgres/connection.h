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

  /// Readable when waiting is no longer worth it; -1: never.
  struct Wake {
    int stop = -1;    // whoever waits is to end: `cancelled`
    int silent = -1;  // the server answers nobody: `unavailable`
  };
  static Result<std::unique_ptr<PostgresConnection>> connect(const PostgresAddress& address,
                                                             Deadline deadline, Wake wake);

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
  /// While true, a silent server is waited for all the same: the outcome of a commit must be known.
  void wait_in_silence(bool wait) noexcept { in_silence_ = wait; }
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

  PostgresConnection(Handle handle, Wake wake) : handle_(std::move(handle)), wake_(wake) {}
  static Result<> wait(int fd, bool to_write, Deadline until, Wake wake);
  Wake wake() const noexcept { return {wake_.stop, in_silence_ ? -1 : wake_.silent}; }
  Result<Answer> answer(std::string_view sql);
  Result<Answer> collect(std::string_view sql);
  Result<> drain();
  Result<std::string> prepared(std::string_view sql, std::span<const Value> parameters);
  Result<Answer> ask(std::string_view sql, std::span<const Value> parameters);

  Handle handle_;
  Wake wake_;
  Deadline deadline_ = Deadline::max();
  bool broken_ = false;
  bool in_silence_ = false;
  bool pending_ = false;                                        // of run_later
  std::map<std::string, std::string, std::less<>> statements_;  // text and types to name
  std::uint64_t named_ = 0;
};

}  // namespace granary::db
