#pragma once
/// What tables there are, asked of the database itself, so that whoever copies needs no list.

#include <cstdint>
#include <string>
#include <vector>

#include "db/database.h"

namespace granary::db {

struct Column {
  enum class Kind : std::uint8_t { integer, text, bytes } kind;
  std::string name;
};
struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> key;    // the primary key's columns, in its order
  std::string identity;            // the column of type {id}; empty: none
  std::vector<std::string> needs;  // other tables that it refers to
};

/// Names in bytewise order, bookkeeping of the database itself left out.
Result<std::vector<std::string>> table_names(Session&);
/// Each after those that it needs. Errc::unsupported for a column of a type that database.h does not name,
/// and for tables that need each other.
Result<std::vector<Table>> tables(Session&);

/// The largest id that was ever given, also to a row that is gone.
Result<std::int64_t> last_id(Session&, const Table&);
/// The next one is larger.
Result<> set_last_id(Session&, const Table&, std::int64_t id);

/// `name` as SQL takes it.
std::string quoted(std::string_view name);

}  // namespace granary::db
