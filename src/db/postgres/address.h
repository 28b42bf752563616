#pragma once
/// Where a PostgreSQL server is, as libpq wants it.

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace granary::db {

/// Keywords and values for PQconnectStartParams (https://www.postgresql.org/docs/15/libpq-connect.html).
struct PostgresAddress {
  std::vector<std::pair<std::string, std::string>> parameters;  // of several servers: lists, as in a URL
};

/// `url`: postgres://user:password@host:port/database?key=value or "host=... dbname=...". Keys of a URL's
/// query that libpq does not know, such as search_path, become settings of the session. `password` overrides
/// when not empty. Errc::invalid_argument, never with the password in the text.
Result<PostgresAddress> parse_address(const std::string& url, const std::string& password);

}  // namespace granary::db
