#include "db/postgres/servers.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "db/postgres/errors.h"

namespace granary::db {
namespace {

using Clock = Context::Clock;

constexpr auto kFirstPatience = std::chrono::milliseconds(1'000);  // with each of several; doubles each round

bool is_list(std::string_view keyword) {
  return keyword == "host" || keyword == "hostaddr" || keyword == "port";
}

}  // namespace

PostgresServers::PostgresServers(const PostgresAddress& address) {
  std::size_t count = 1;
  bool says_which = false;
  for (const auto& [key, value] : address.parameters) {
    if (is_list(key)) count = std::max(count, split(value, ',').size());
    says_which = says_which || key == "target_session_attrs";
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto& server = servers_.emplace_back(address);
    for (auto& [key, value] : server.parameters) {
      if (!is_list(key)) continue;
      const auto parts = split(value, ',');
      value = std::string(parts[parts.size() == 1 ? 0 : std::min(i, parts.size() - 1)]);
    }
    if (count > 1 && !says_which) server.parameters.emplace_back("target_session_attrs", "read-write");
  }
}

Result<std::unique_ptr<PostgresConnection>> PostgresServers::connect(PostgresConnection::Deadline deadline,
                                                                     PostgresConnection::Wake wake) const {
  if (servers_.size() == 1) return PostgresConnection::connect(servers_[0], deadline, wake);
  for (auto patience = kFirstPatience;; patience *= 2) {
    const std::size_t first = last_;
    Error why(Errc::unavailable, "the database server cannot be reached", "retry later", __FILE__, __LINE__);
    bool hung = false;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const std::size_t which = (first + i) % servers_.size();
      const auto until = std::min(deadline, Clock::now() + patience);
      auto connection = PostgresConnection::connect(servers_[which], until, wake);
      if (connection) {
        last_ = which;
        return connection;
      }
      if (connection.error().code() == Errc::cancelled) return connection;
      hung = hung || Clock::now() >= until;
      // That the primary is full says more than that a standby is none.
      if (!is_full(why)) why = std::move(connection).error();
    }
    if (!hung || Clock::now() >= deadline) return tl::unexpected(std::move(why));
  }
}

}  // namespace granary::db
