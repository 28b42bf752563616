#pragma once
/// Opens a database of either kind.

#include <chrono>
#include <memory>
#include <string>

#include "base/log.h"
#include "db/database.h"

namespace granary::db {

struct SqliteOptions {
  std::string path;  // a file, created with its folder; ":memory:" for the twin
  int readers = 4;   // pooled read connections
};

/// [Postgres] and [PostgresPool].
struct PostgresOptions {
  std::string url;                // postgres://user@host:5432/db?search_path=pm&sslmode=require
  std::string password;           // overrides the URL's
  int max_open_connections = 10;  // at least 3: the writer and the listener count too
  int max_idle_connections = 2;
  std::chrono::milliseconds max_connection_lifetime{0};   // 0: for ever
  std::chrono::milliseconds max_connection_idle_time{0};  // 0: for ever
  std::chrono::milliseconds connection_timeout{10'000};
  std::chrono::milliseconds outage_patience{0};  // an outage that is younger is likely to be brief
};

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions&, Logger log);
/// Does not fail because the server is down: the first use does, with `unavailable`, until it is back.
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions&, Logger log);

}  // namespace granary::db
