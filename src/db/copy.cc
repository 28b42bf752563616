#include "db/copy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <variant>

#include "base/hash.h"
#include "base/text.h"
#include "db/tables.h"

namespace granary::db {
namespace {

constexpr std::string_view kMarker = "unfinished_copy", kBookkeeping = "schema_migrations";
constexpr std::int64_t kRowsAtOnce = 1000;

/// A value that outlives its row.
struct Cell {
  Column::Kind kind = Column::Kind::integer;
  bool null = true;
  std::int64_t number = 0;
  std::string bytes;

  Value value() const {
    if (null) return nullptr;
    if (kind == Column::Kind::integer) return number;
    if (kind == Column::Kind::text) return std::string_view(bytes);
    return Blob{bytes};
  }
};
using Cells = std::vector<Cell>;

Cells cells_of(const Row& row, const std::vector<Column>& columns) {
  Cells cells(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int at = static_cast<int>(i);
    cells[i].kind = columns[i].kind;
    cells[i].null = row.is_null(at);
    if (cells[i].null) continue;
    if (columns[i].kind == Column::Kind::integer) {
      cells[i].number = row.integer(at);
    } else {
      cells[i].bytes = columns[i].kind == Column::Kind::text ? row.text(at) : row.blob(at);
    }
  }
  return cells;
}

std::vector<Value> values_of(const Cells& cells) {
  std::vector<Value> out;
  for (const auto& cell : cells) out.push_back(cell.value());
  return out;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + quoted(name);
  return out;
}

std::string parameters(std::size_t count) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) out += (i == 1 ? "$" : ", $") + std::to_string(i);
  return out;
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> out;
  for (const auto& column : columns) out.push_back(column.name);
  return out;
}

/// Reads a table by its key, some rows at a time: PostgreSQL gives the whole of an answer at once.
class TableReader {
 public:
  TableReader(Session& session, const Table& table, std::uint64_t skip)
      : session_(&session),
        table_(&table),
        skip_(static_cast<std::int64_t>(skip)),
        select_("SELECT " + list_of(names_of(table.columns)) + " FROM " + quoted(table.name)),
        order_(" ORDER BY " + list_of(table.key)) {
    for (const auto& name : table.key) {
      const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                                   [&](const Column& column) { return column.name == name; });
      key_at_.push_back(static_cast<std::size_t>(at - table.columns.begin()));
    }
    const auto count = std::to_string(key_at_.size() + 1);
    first_ = select_ + order_ + " LIMIT $1 OFFSET $2";
    next_ = select_ + " WHERE (" + list_of(table.key) + ") > (" + parameters(key_at_.size()) + ")" + order_ +
            " LIMIT $" + count;
  }

  /// No rows at the end.
  Result<std::vector<Cells>> read() {
    std::vector<Cells> rows;
    const auto take = [&](const Row& row) -> Result<> {
      rows.push_back(cells_of(row, table_->columns));
      return {};
    };
    if (last_.empty()) {
      TRY(session_->query(first_, {kRowsAtOnce, skip_}, take));
    } else {
      auto values = values_of(last_);
      values.emplace_back(kRowsAtOnce);
      TRY(session_->query(next_, values, take));
    }
    if (!rows.empty()) {
      last_.clear();
      for (const auto at : key_at_) last_.push_back(rows.back()[at]);
    }
    return rows;
  }

 private:
  Session* session_;
  const Table* table_;
  std::int64_t skip_;
  std::string select_, order_, first_, next_;
  std::vector<std::size_t> key_at_;
  Cells last_;  // the key of the last row
};

/// The sum of the hashes of all rows, so that their order does not matter.
class Sum {
 public:
  void add(const Cells& cells) {
    std::string text;
    for (const auto& cell : cells) {
      text += cell.null ? 'n' : cell.kind == Column::Kind::integer ? 'i' : 'b';
      if (cell.null) continue;
      const std::string bytes = cell.kind == Column::Kind::integer ? std::to_string(cell.number) : cell.bytes;
      text += std::to_string(bytes.size()) + ":" + bytes;
    }
    const auto digest = sha256(as_bytes(text));
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      std::uint64_t part = 0;
      std::memcpy(&part, digest.bytes.data() + i * sizeof part, sizeof part);
      parts_[i] += part;
    }
  }
  std::string hex() const {
    std::string out;
    for (const auto part : parts_) {
      std::array<char, sizeof part> raw;
      std::memcpy(raw.data(), &part, sizeof part);
      out += granary::hex(as_bytes({raw.data(), raw.size()}));
    }
    return out;
  }

 private:
  std::array<std::uint64_t, 4> parts_{};
};

Result<TableSum> sum_of(const Context& ctx, Session& session, const Table& table) {
  TableReader reader(session, table, 0);
  TableSum out{table.name, 0, {}};
  Sum sum;
  for (;;) {
    TRY(ctx.check());
    const auto rows = TRY(reader.read());
    if (rows.empty()) break;
    for (const auto& row : rows) sum.add(row);
    out.rows += rows.size();
  }
  out.sum = sum.hex();
  return out;
}

/// Those that hold what the program keeps, their columns by name: a column that was added later comes last in
/// one database and in its place in another.
Result<std::vector<Table>> tables_to_copy(Session& session) {
  auto all = TRY(tables(session));
  std::erase_if(all, [](const Table& table) { return table.name == kMarker || table.name == kBookkeeping; });
  for (auto& table : all) {
    if (table.key.empty()) return fail(Errc::unsupported, "the table " + table.name + " has no primary key");
    std::sort(table.columns.begin(), table.columns.end(),
              [](const Column& a, const Column& b) { return a.name < b.name; });
  }
  return all;
}

Result<std::vector<TableSum>> sums_of(const Context& ctx, Session& session) {
  std::vector<TableSum> out;
  for (const auto& table : TRY(tables_to_copy(session))) out.push_back(TRY(sum_of(ctx, session, table)));
  std::sort(out.begin(), out.end(), [](const TableSum& a, const TableSum& b) { return a.table < b.table; });
  return out;
}

Result<std::uint64_t> count(Session& session, const std::string& table) {
  std::uint64_t rows = 0;
  const auto sql = "SELECT COUNT(*) FROM " + quoted(table);
  TRY(session.query(sql, {}, [&](const Row& row) -> Result<> {
    rows = static_cast<std::uint64_t>(row.integer(0));
    return {};
  }));
  return rows;
}

Result<> check_same_version(const std::vector<Table>& source, const std::vector<Table>& target) {
  const auto shape = [](const std::vector<Table>& all) {
    std::vector<std::string> out;
    for (const auto& table : all) {
      for (const auto& column : table.columns) out.push_back(table.name + "." + column.name);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  const auto a = shape(source), b = shape(target);
  const auto different = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (different.first == a.end() && different.second == b.end()) return {};
  return fail(Errc::conflict,
              "the database to copy was last used by another version of granary (" +
                  (different.first == a.end() ? *different.second : *different.first) + ")",
              "start its server once with this version, then copy");
}

class Copying {
 public:
  Copying(const Context& ctx, Database& to, const CopyProgress& progress)
      : ctx_(&ctx), to_(&to), progress_(&progress) {}

  /// The mark comes before the first table: a database with some of its tables is never taken for whole.
  Result<> prepare(std::span<const Migration> migrations) {
    std::vector<std::string> there;
    TRY(to_->read(*ctx_, [&](Session& session) -> Result<> {
      there = TRY(table_names(session));
      return {};
    }));
    in_use_ = !there.empty() && std::find(there.begin(), there.end(), kMarker) == there.end();
    if (in_use_) return {};
    TRY(to_->write(*ctx_, [](WriteSession& session) -> Result<> {
      TRY(
          session.execute("CREATE TABLE IF NOT EXISTS unfinished_copy (name TEXT NOT NULL PRIMARY KEY, "
                          "copied BIGINT NOT NULL, whole BIGINT NOT NULL)",
                          {}));
      return {};
    }));
    return to_->migrate(*ctx_, migrations);
  }

  /// It has tables, and no copy that did not end.
  bool in_use() const noexcept { return in_use_; }

  Result<> copy(Session& source) {
    const auto from = TRY(tables_to_copy(source));
    TRY(to_->read(*ctx_, [&](Session& session) -> Result<> {
      return check_same_version(from, TRY(tables_to_copy(session)));
    }));
    for (const auto& table : from) total_ += TRY(count(source, table.name));
    for (const auto& table : from) TRY(copy_table(source, table));
    return {};
  }

  Result<> finish() {
    return to_->write(*ctx_, [](WriteSession& session) -> Result<> {
      TRY(session.execute("DROP TABLE unfinished_copy", {}));
      return {};
    });
  }

 private:
  struct Done {
    std::int64_t rows = 0;
    bool whole = false, begun = false;
  };

  Result<Done> done_before(const Table& table) {
    Done done;
    TRY(to_->read(*ctx_, [&](Session& session) -> Result<> {
      done = {};
      return session.query("SELECT copied, whole FROM unfinished_copy WHERE name = $1",
                           {std::string_view(table.name)}, [&](const Row& row) -> Result<> {
                             done = {row.integer(0), row.integer(1) != 0, true};
                             return {};
                           });
    }));
    return done;
  }

  Result<> copy_table(Session& source, const Table& table) {
    auto done = TRY(done_before(table));
    const auto last = table.identity.empty() ? 0 : TRY(last_id(source, table));
    done_ += static_cast<std::uint64_t>(done.rows);
    TableReader reader(source, table, static_cast<std::uint64_t>(done.rows));
    while (!done.whole) {
      TRY(ctx_->check());
      const auto rows = TRY(reader.read());
      TRY(to_->write(*ctx_, [&](WriteSession& session) { return put(session, table, rows, done, last); }));
      done.begun = true;
      done.rows += static_cast<std::int64_t>(rows.size());
      done.whole = rows.empty();
      done_ += rows.size();
      if (*progress_) (*progress_)(done_, total_);
    }
    return {};
  }

  /// Rows and how far they reach, in one transaction; no rows: the table is whole.
  static Result<> put(WriteSession& session, const Table& table, const std::vector<Cells>& rows,
                      const Done& done, std::int64_t last) {
    // What a migration has put into a new table.
    const auto clear = "DELETE FROM " + quoted(table.name);
    if (!done.begun) TRY(session.execute(clear, {}));
    const auto insert = "INSERT INTO " + quoted(table.name) + " (" + list_of(names_of(table.columns)) +
                        ") VALUES (" + parameters(table.columns.size()) + ")";
    for (const auto& row : rows) TRY(session.execute(insert, values_of(row)));
    if (rows.empty() && last != 0) TRY(set_last_id(session, table, last));
    const std::int64_t copied = done.rows + static_cast<std::int64_t>(rows.size()),
                       whole = rows.empty() ? 1 : 0;
    TRY(
        session.execute("INSERT INTO unfinished_copy (name, copied, whole) VALUES ($1, $2, $3) "
                        "ON CONFLICT (name) DO UPDATE SET copied = excluded.copied, whole = excluded.whole",
                        {std::string_view(table.name), copied, whole}));
    return {};
  }

  const Context* ctx_;
  Database* to_;
  const CopyProgress* progress_;
  std::uint64_t done_ = 0, total_ = 0;
  bool in_use_ = false;
};

Result<> check_same(const std::vector<TableSum>& source, const std::vector<TableSum>& target) {
  const auto different = std::mismatch(source.begin(), source.end(), target.begin(), target.end());
  if (different.first == source.end() && different.second == target.end()) return {};
  const auto& table = different.first != source.end() ? different.first->table : different.second->table;
  return fail(Errc::conflict,
              "the table " + table + " of the copy is not that of the source: the source has changed",
              "keep its server from writing (granary read-only on), give an empty target, and copy again");
}

/// The last call may have ended, but not its caller.
Result<std::vector<TableSum>> copied_before(const Context& ctx, Database& from, Database& to) {
  auto there = table_sums(ctx, to);
  if (there && *there == TRY(table_sums(ctx, from))) return there;
  return fail(Errc::conflict, "the database to copy to is in use: it has tables",
              "name an empty database, or another folder");
}

}  // namespace

Result<std::vector<TableSum>> copy_database(const Context& ctx, Database& from, Database& to,
                                            std::span<const Migration> migrations,
                                            const CopyProgress& progress) {
  Copying copying(ctx, to, progress);
  TRY(copying.prepare(migrations));
  if (copying.in_use()) return copied_before(ctx, from, to);
  std::vector<TableSum> source;
  TRY(from.read(ctx, [&](Session& session) -> Result<> {
    TRY(copying.copy(session));
    source = TRY(sums_of(ctx, session));
    return {};
  }));
  TRY(check_same(source, TRY(table_sums(ctx, to))));
  TRY(copying.finish());
  return source;
}

Result<std::vector<TableSum>> table_sums(const Context& ctx, Database& database) {
  std::vector<TableSum> out;
  TRY(database.read(ctx, [&](Session& session) -> Result<> {
    out = TRY(sums_of(ctx, session));
    return {};
  }));
  return out;
}

Result<> check_whole(const Context& ctx, Database& database) {
  std::vector<std::string> names;
  TRY(database.read(ctx, [&](Session& session) -> Result<> {
    names = TRY(table_names(session));
    return {};
  }));
  if (std::find(names.begin(), names.end(), kMarker) == names.end()) return {};
  return fail(Errc::conflict, "the database is the target of a copy that did not end",
              "run the same granary migrate or restore again, or give an empty database");
}

}  // namespace granary::db
