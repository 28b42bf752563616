#pragma once
/// A private PostgreSQL for tests: its own folder, its own unix socket, no TCP, fsync on.

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"

namespace granary::db::testing {

/// Runs as an unprivileged user when the tests run as root, because PostgreSQL insists. Gone with the object.
class PostgresServer {
 public:
  /// The one of this test program, started on first use and stopped at its end. Null when there is no
  /// PostgreSQL: why is in `missing`. Look at require_postgres().
  static PostgresServer* shared(std::string* missing = nullptr);
  static Result<std::unique_ptr<PostgresServer>> create();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// A URL with a new empty schema as search_path.
  Result<std::string> new_schema();
  Result<> start();
  void stop();  // fast shutdown: connections are cut
  void kill();  // as after a crash
  const std::string& url() const noexcept { return url_; }

 private:
  PostgresServer(std::string folder, std::string programs, uid_t user, gid_t group);
  Result<> prepare();
  void end(int signal);

  std::string folder_, programs_, url_;
  uid_t user_;
  gid_t group_;
  pid_t pid_ = -1;
  std::atomic<int> schemas_{0};
};

}  // namespace granary::db::testing
