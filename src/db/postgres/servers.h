#pragma once
/// The servers that an address names: one, or a primary and its standbys.

#include <atomic>
#include <memory>
#include <vector>

#include "db/postgres/connection.h"

namespace granary::db {

/// Safe for concurrent use.
class PostgresServers {
 public:
  /// Several hosts are tried from the one that worked last. Of several, only one that can be written to is
  /// taken, unless the address says otherwise (target_session_attrs).
  explicit PostgresServers(const PostgresAddress& address);

  /// A server that does not answer at all delays by a second what the next one can give: libpq itself would
  /// wait for it until the deadline.
  Result<std::unique_ptr<PostgresConnection>> connect(PostgresConnection::Deadline deadline,
                                                      PostgresConnection::Wake wake) const;

 private:
  std::vector<PostgresAddress> servers_;
  mutable std::atomic<std::size_t> last_{0};
};

}  // namespace granary::db
