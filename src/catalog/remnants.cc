#include "catalog/remnants.h"

#include <array>
#include <string_view>

#include "base/text.h"
#include "catalog/mirror_keys.h"
#include "catalog/source_options.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::Row;
using db::Value;

/// Rows that refer to a source, in the order of a unique index: the source, texts, perhaps a number.
struct Table {
  std::size_t texts = 0;
  bool numbered = false;
  std::string some;                // from a key on, so many: their keys and sizes
  std::vector<std::string> erase;  // the same rows
};

constexpr std::string_view kOfMetadata =
    "COALESCE((SELECT LENGTH(m.content) FROM metadata m WHERE m.id = files.metadata), 0)";

/// `id`: what names a row of the source. `key`: the columns of the index after the source, `texts` of them
/// texts. `bytes`: the size of a row.
Table table(std::string_view name, std::string_view id, std::size_t texts,
            const std::vector<std::string>& key, std::string_view bytes) {
  const auto columns = join(key, ", ");
  std::string from;
  for (std::size_t i = 0; i < key.size(); ++i) from += (i == 0 ? "$" : ", $") + std::to_string(2 + i);
  // By a limit, and not up to another key: PostgreSQL would take all rows of a tree for as many as those
  // between two of its packages, and read the whole table.
  const auto rows = " FROM " + std::string(name) + " WHERE source = $1 AND (" + columns + ") >= (" + from +
                    ") ORDER BY " + columns + " LIMIT $" + std::to_string(2 + key.size());
  Table out{.texts = texts, .numbered = key.size() > texts, .some = {}, .erase = {}};
  out.some = "SELECT " + columns + ", " + std::string(bytes) + rows;
  if (bytes == kOfMetadata)
    out.erase.push_back("DELETE FROM metadata WHERE id IN (SELECT metadata" + rows + ")");
  // Beside the source, and not with it: SQLite would look at all rows of the source for each slice.
  const std::string within = id == "id" ? "" : "source = $1 AND ";
  out.erase.push_back("DELETE FROM " + std::string(name) + " WHERE " + within + "(" + std::string(id) +
                      ") IN (SELECT " + std::string(id) + rows + ")");
  return out;
}

/// The notes go last: what a synchronisation that still runs compares with them.
const std::array<Table, 6> kTables = {
    {table("files", "id", 1, {"filename", "gone_in"}, kOfMetadata),
     table("mirror_records", "id", 2, {"tree", "package", "gone_in"}, "LENGTH(record)"),
     table("mirror_names", "name, gone_in", 1, {"name", "gone_in"}, "0"),
     table("mirror_files", "key", 1, {"key"}, "0"), table("transactions", "number", 0, {"number"}, "0"),
     table("mirror_state", "key", 1, {"key"}, "LENGTH(value)")}};

std::vector<Value> values(model::SourceId source, const Table& in, const SlicePlace& from,
                          const std::int64_t& limit) {
  std::vector<Value> out = {source.value};
  for (std::size_t i = 0; i < in.texts; ++i)
    out.emplace_back(i < from.texts.size() ? std::string_view(from.texts[i]) : std::string_view());
  if (in.numbered) out.emplace_back(from.number);
  out.emplace_back(limit);
  return out;
}

struct Found {
  std::int64_t rows = 0, bytes = 0;
  SlicePlace last;
};

/// As many of the rows of one table as the slice may have.
Result<Found> find_some(db::Session& session, model::SourceId source, const SlicePlace& from,
                        const SliceSize& size) {
  const auto& in = kTables[from.table];
  Found found;
  const auto key = static_cast<int>(in.texts);
  TRY(session.query(in.some, values(source, in, from, size.rows), [&](const Row& row) -> Result<> {
    if (found.bytes >= size.bytes) return {};
    found.last = {.table = from.table};
    for (int i = 0; i < key; ++i) found.last.texts.emplace_back(row.text(i));
    if (in.numbered) found.last.number = row.integer(key);
    ++found.rows;
    found.bytes += row.integer(key + (in.numbered ? 1 : 0));
    return {};
  }));
  return found;
}

/// The row of the source, once nothing refers to it.
Result<bool> erase_source(db::WriteSession& session, model::SourceId source) {
  // Only a node of a version before this one can have subscribed to it.
  TRY(session.execute("DELETE FROM subscriptions WHERE source = $1", {source.value}));
  const auto gone =
      TRY(session.execute("DELETE FROM sources WHERE id = $1 AND deleted_at <> 0 "
                          "AND NOT EXISTS (SELECT 1 FROM files WHERE source = $1) "
                          "AND NOT EXISTS (SELECT 1 FROM mirror_records WHERE source = $1) "
                          "AND NOT EXISTS (SELECT 1 FROM mirror_names WHERE source = $1) "
                          "AND NOT EXISTS (SELECT 1 FROM mirror_files WHERE source = $1) "
                          "AND NOT EXISTS (SELECT 1 FROM transactions WHERE source = $1) "
                          "AND NOT EXISTS (SELECT 1 FROM mirror_state WHERE source = $1)",
                          {source.value}));
  if (gone != 0) return true;
  bool there = false;  // another node may have been faster
  TRY(session.query("SELECT 1 FROM sources WHERE id = $1 AND deleted_at <> 0", {source.value},
                    [&](const Row&) -> Result<> {
                      there = true;
                      return {};
                    }));
  return !there;
}

}  // namespace

Result<bool> make_remnant(db::WriteSession& session, model::SourceId source, Time now) {
  // No source may have such a name. To nodes that do not know remnants it is a source of one's own that
  // nobody subscribes to, so that they do not synchronise it, nor ask it for names.
  const auto name = "(deleted " + std::to_string(source.value) + ")";
  model::Source of_own;
  of_own.type = model::SourceType::local;
  const auto changed =
      TRY(session.execute("UPDATE sources SET name = $2, name_key = $2, type = $3, description = '', "
                          "options = '', deleted_at = $4 WHERE id = $1 AND deleted_at = 0",
                          {source.value, std::string_view(name), stored_type(of_own.type), db::micros(now)}));
  if (changed == 0) return false;
  // A synchronisation that runs there ends as after a clearing.
  TRY(
      session.execute("INSERT INTO mirror_state (source, key, value) VALUES ($1, $2, 'deleted') "
                      "ON CONFLICT (source, key) DO UPDATE SET value = excluded.value",
                      {source.value, kCleared}));
  return true;
}

Result<Erased> erase_slice(db::WriteSession& session, model::SourceId source, const SlicePlace& from,
                           const SliceSize& size) {
  Erased out{.whole = false, .rows = 0, .next = from};
  SliceSize rest = size;
  while (out.next.table < kTables.size()) {
    if (rest.rows <= 0 || rest.bytes <= 0) return out;
    const auto found = TRY(find_some(session, source, out.next, rest));
    if (found.rows > 0) {
      for (const auto& sql : kTables[out.next.table].erase)
        TRY(session.execute(sql, values(source, kTables[out.next.table], out.next, found.rows)));
    }
    const bool last = found.rows < rest.rows && found.bytes < rest.bytes;
    out.rows += found.rows;
    rest.rows -= found.rows;
    rest.bytes -= found.bytes;
    out.next = last ? SlicePlace{.table = out.next.table + 1} : found.last;
  }
  out.whole = TRY(erase_source(session, source));
  if (!out.whole) out.next = {};
  return out;
}

Result<std::vector<model::SourceId>> read_remnants(db::Session& session) {
  std::vector<model::SourceId> all;
  TRY(session.query("SELECT id FROM sources WHERE deleted_at <> 0 ORDER BY id", {},
                    [&](const Row& row) -> Result<> {
                      all.push_back({row.integer(0)});
                      return {};
                    }));
  return all;
}

}  // namespace granary::catalog
