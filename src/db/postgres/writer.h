#pragma once
/// The connection under the group commit.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "db/group_writer.h"
#include "db/open.h"
#include "db/postgres/connection.h"
#include "db/postgres/outage.h"
#include "db/postgres/servers.h"

namespace granary::db {

/// The channel of pg_notify; payload "node/topics/schema", topics separated by commas, none: everything.
inline constexpr std::string_view kChannel = "granary";

/// Writers of all nodes take one advisory lock for a transaction, so that they follow each other as SQLite's
/// do: no deadlocks between groups, and a closure sees everything that was committed before it.
class PostgresWriter final : public WriterConnection {
 public:
  /// `options`, `servers`, `outage` and `open` (counts connections) outlive it. `full` hears that the server
  /// has no connection left for the writer.
  PostgresWriter(const PostgresOptions& options, const PostgresServers& servers, const Outage& outage,
                 std::string node, std::atomic<int>& open, std::function<void()> full)
      : options_(&options),
        servers_(&servers),
        outage_(&outage),
        node_(std::move(node)),
        open_(&open),
        full_(std::move(full)) {}
  ~PostgresWriter() override { disconnect(); }

  Result<> begin() override;
  Result<> enter(Deadline deadline) override;
  Session& session() override { return *connection_; }
  Result<> undo() override;
  bool lost() const override { return !connection_ || connection_->broken(); }
  Result<> commit(std::span<const std::int64_t> topics) override;
  void abandon() noexcept override;

 private:
  Result<> connect();
  void disconnect() noexcept;
  Result<> begin_on_connection();

  const PostgresOptions* options_;
  const PostgresServers* servers_;
  const Outage* outage_;
  std::string node_;
  std::atomic<int>* open_;
  std::function<void()> full_;
  std::unique_ptr<PostgresConnection> connection_;
  Deadline connected_at_{};
  Deadline not_before_{};     // of the next attempt to connect
  std::optional<Error> why_;  // the last one failed
  std::chrono::milliseconds backoff_{0};
  bool entered_ = false;
  bool in_transaction_ = false;
};

}  // namespace granary::db
