#include "db/tables.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"

namespace granary::db {
namespace {

/// Each question in both dialects, with the same columns in the answer.
struct Questions {
  std::string_view names;
  std::string_view columns;  // of $1: name, type, position in the primary key or 0, whether it is an identity
  std::string_view needs;    // of $1
  std::string_view last_id;  // of table $1, column $2
};

constexpr Questions kSqlite = {
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY "
    "name",
    "SELECT c.name, c.type, c.pk, c.pk = 1 AND m.sql LIKE '%AUTOINCREMENT%' FROM pragma_table_info($1) c "
    "JOIN sqlite_master m ON m.type = 'table' AND m.name = $1 ORDER BY c.cid",
    "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1) ORDER BY 1",
    "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = $1), 0), $2"};

// The positions in indkey begin at 0.
constexpr Questions kPostgres = {
    "SELECT table_name::text COLLATE \"C\" FROM information_schema.tables "
    "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
    "SELECT a.attname::text, format_type(a.atttypid, NULL), "
    "COALESCE(array_position(i.indkey::smallint[], a.attnum) + 1, 0)::bigint, "
    "(a.attidentity <> '')::integer::bigint "
    "FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema() "
    "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary "
    "WHERE t.relname = $1 AND t.relkind = 'r' ORDER BY a.attnum",
    "SELECT DISTINCT other.relname::text COLLATE \"C\" FROM pg_constraint c "
    "JOIN pg_class t ON t.oid = c.conrelid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema() "
    "JOIN pg_class other ON other.oid = c.confrelid WHERE c.contype = 'f' AND t.relname = $1 ORDER BY 1",
    "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence(quote_ident($1), $2)::regclass), 0)"};

const Questions& questions(const Session& session) {
  return session.dialect() == Dialect::sqlite ? kSqlite : kPostgres;
}

std::optional<Column::Kind> kind_of(std::string_view type) {
  const std::string known = lower(type.substr(0, type.find('(')));
  for (const char* name : {"bigint", "integer", "int", "smallint"}) {
    if (known == name) return Column::Kind::integer;
  }
  for (const char* name : {"text", "varchar", "character varying"}) {
    if (known == name) return Column::Kind::text;
  }
  if (known == "blob" || known == "bytea") return Column::Kind::bytes;
  return std::nullopt;
}

Result<Table> describe(Session& session, const std::string& name) {
  Table table;
  table.name = name;
  std::vector<std::pair<std::int64_t, std::string>> key;
  TRY(session.query(questions(session).columns, {std::string_view(name)}, [&](const Row& row) -> Result<> {
    const auto kind = kind_of(row.text(1));
    if (!kind)
      return fail(Errc::unsupported, "the column " + std::string(row.text(0)) + " of the table " + name +
                                         " has the type " + std::string(row.text(1)) +
                                         ", which cannot be copied");
    table.columns.push_back({*kind, std::string(row.text(0))});
    if (row.integer(2) != 0) key.emplace_back(row.integer(2), row.text(0));
    if (row.integer(3) != 0) table.identity = row.text(0);
    return {};
  }));
  std::sort(key.begin(), key.end());
  for (auto& [position, column] : key) table.key.push_back(std::move(column));
  TRY(session.query(questions(session).needs, {std::string_view(name)}, [&](const Row& row) -> Result<> {
    if (row.text(0) != name) table.needs.emplace_back(row.text(0));
    return {};
  }));
  return table;
}

}  // namespace

std::string quoted(std::string_view name) { return '"' + replace_all(name, "\"", "\"\"") + '"'; }

Result<std::vector<std::string>> table_names(Session& session) {
  std::vector<std::string> names;
  TRY(session.query(questions(session).names, {}, [&](const Row& row) -> Result<> {
    names.emplace_back(row.text(0));
    return {};
  }));
  return names;
}

Result<std::vector<Table>> tables(Session& session) {
  std::vector<Table> waiting, out;
  for (const auto& name : TRY(table_names(session))) waiting.push_back(TRY(describe(session, name)));
  std::set<std::string> placed;
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const Table& table) {
      return std::all_of(table.needs.begin(), table.needs.end(),
                         [&](const std::string& name) { return placed.contains(name); });
    });
    if (next == waiting.end())
      return fail(Errc::unsupported, "the table " + waiting.front().name + " and others need each other");
    placed.insert(next->name);
    out.push_back(std::move(*next));
    waiting.erase(next);
  }
  return out;
}

Result<std::int64_t> last_id(Session& session, const Table& table) {
  std::int64_t last = 0, largest = 0;
  TRY(session.query(questions(session).last_id,
                    {std::string_view(table.name), std::string_view(table.identity)},
                    [&](const Row& row) -> Result<> {
                      last = row.integer(0);
                      return {};
                    }));
  // Rows that came with an id of their own do not move a sequence of PostgreSQL.
  const auto sql = "SELECT COALESCE(MAX(" + quoted(table.identity) + "), 0) FROM " + quoted(table.name);
  TRY(session.query(sql, {}, [&](const Row& row) -> Result<> {
    largest = row.integer(0);
    return {};
  }));
  return std::max(last, largest);
}

Result<> set_last_id(Session& session, const Table& table, std::int64_t id) {
  const std::string_view name = table.name, identity = table.identity;
  if (id <= 0) return {};
  if (session.dialect() == Dialect::postgres)
    return session.query("SELECT setval(pg_get_serial_sequence(quote_ident($1), $2)::regclass, $3)",
                         {name, identity, id}, [](const Row&) { return Result<>(); });
  TRY(session.execute("DELETE FROM sqlite_sequence WHERE name = $1", {name}));
  TRY(session.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", {name, id}));
  return {};
}

}  // namespace granary::db
