#include "catalog/mirror_changes.h"

#include <algorithm>
#include <array>
#include <span>

#include "catalog/changing.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::Blob;
using db::micros;
using db::Value;

/// Rows of one INSERT: a round trip to the database costs as much as a hundred rows.
constexpr std::size_t kNamesAtOnce = 250;

std::string insert_names(std::size_t rows) {
  std::string sql = "INSERT INTO mirror_names (source, gone_in, added_in, name, shown, serial) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) {
    const auto parameter = [&](std::size_t n) { return "$" + std::to_string(4 + 3 * i + n); };
    sql += (i == 0 ? "($1, $2, $3, " : ", ($1, $2, $3, ") + parameter(0) + ", " + parameter(1) + ", " +
           parameter(2) + ")";
  }
  return sql +
         " ON CONFLICT (source, name, gone_in) DO UPDATE SET serial = excluded.serial, shown = "
         "excluded.shown";
}

const std::string kInsertName = insert_names(1);
const std::string kInsertNames = insert_names(kNamesAtOnce);

}  // namespace

Result<model::TxNo> MirrorChanges::begin_sync(model::SourceId source, model::TxKind kind, Time affects_from,
                                              std::string_view actor, std::string_view comment) {
  return whole_->begin(source, kind, micros(affects_from), actor, comment);
}

Result<model::TxNo> MirrorChanges::take_number() { return model::TxNo{TRY(whole_->next_number()).first}; }

Result<> MirrorChanges::put_record(model::SourceId source, std::string_view tree, std::string_view package,
                                   std::string_view bytes, model::TxNo in) {
  TRY(end_record(source, tree, package, in));
  TRY(
      session_->execute("INSERT INTO mirror_records (source, tree, package, added_in, gone_in, record) "
                        "VALUES ($1, $2, $3, $4, $5, $6)",
                        {source.value, tree, package, in.value, kStillThere, Blob{bytes}}));
  return {};
}

Result<> MirrorChanges::end_record(model::SourceId source, std::string_view tree, std::string_view package,
                                   model::TxNo in) {
  // What came and went within one number, no snapshot can show.
  TRY(
      session_->execute("DELETE FROM mirror_records WHERE source = $1 AND tree = $2 AND package = $3 "
                        "AND gone_in = $4 AND added_in = $5",
                        {source.value, tree, package, kStillThere, in.value}));
  TRY(
      session_->execute("UPDATE mirror_records SET gone_in = $5 WHERE source = $1 AND tree = $2 "
                        "AND package = $3 AND gone_in = $4",
                        {source.value, tree, package, kStillThere, in.value}));
  whole_->touched(in, std::string(tree) + '/' + std::string(package));
  return {};
}

void MirrorChanges::announce_project(model::SourceId source, std::string_view project) {
  session_->announce(project_topic(source, project));
}

Result<> MirrorChanges::put_some_names(model::SourceId source, std::span<const UpstreamName> names,
                                       model::TxNo in) {
  std::vector<Value> values = {source.value, kStillThere, in.value};
  for (const auto& name : names) {
    values.emplace_back(std::string_view(name.name));
    values.emplace_back(std::string_view(name.shown));
    values.emplace_back(name.serial);
  }
  TRY(session_->execute(names.size() == 1 ? kInsertName : kInsertNames, std::span<const Value>(values)));
  return {};
}

Result<> MirrorChanges::put_names(model::SourceId source, const std::vector<UpstreamName>& names,
                                  model::TxNo in) {
  std::span<const UpstreamName> rest(names);
  while (!rest.empty()) {
    const std::size_t count = rest.size() >= kNamesAtOnce ? kNamesAtOnce : 1;
    TRY(put_some_names(source, rest.first(count), in));
    rest = rest.subspan(count);
  }
  return {};
}

Result<> MirrorChanges::end_name(model::SourceId source, std::string_view name, model::TxNo in) {
  TRY(session_->execute(
      "DELETE FROM mirror_names WHERE source = $1 AND name = $2 AND gone_in = $3 AND added_in = $4",
      {source.value, name, kStillThere, in.value}));
  TRY(session_->execute(
      "UPDATE mirror_names SET gone_in = $4 WHERE source = $1 AND name = $2 AND gone_in = $3",
      {source.value, name, kStillThere, in.value}));
  return {};
}

Result<> MirrorChanges::hold(model::SourceId source, const HeldFile& file) {
  const auto rows = TRY(
      session_->execute("INSERT INTO mirror_files (source, key, blob_digest, size, md5, fetched_at, used_at) "
                        "SELECT $1, $2, $3, $4, $5, $6, $7 "
                        "WHERE NOT EXISTS (SELECT 1 FROM blob_removals WHERE blob_digest = $3) ON CONFLICT "
                        "(source, key) DO UPDATE SET "
                        "blob_digest = excluded.blob_digest, size = excluded.size, md5 = excluded.md5, "
                        "fetched_at = excluded.fetched_at, used_at = excluded.used_at",
                        {source.value, std::string_view(file.key), Blob{as_text(file.blob.bytes)},
                         static_cast<std::int64_t>(file.size), std::string_view(file.md5),
                         micros(file.fetched_at), micros(file.used_at)}));
  if (rows == 0) return being_removed(file.blob);
  return {};
}

Result<> MirrorChanges::set_used(model::SourceId source, std::string_view key, Time at) {
  TRY(session_->execute(
      "UPDATE mirror_files SET used_at = $3 WHERE source = $1 AND key = $2 AND used_at < $3",
      {source.value, key, micros(at)}));
  return {};
}

Result<> MirrorChanges::forget(model::SourceId source, std::string_view key) {
  TRY(session_->execute("DELETE FROM mirror_files WHERE source = $1 AND key = $2", {source.value, key}));
  return {};
}

Result<> MirrorChanges::set_state(model::SourceId source, std::string_view key, std::string_view value) {
  if (value.empty()) {
    TRY(session_->execute("DELETE FROM mirror_state WHERE source = $1 AND key = $2", {source.value, key}));
    return {};
  }
  TRY(
      session_->execute("INSERT INTO mirror_state (source, key, value) VALUES ($1, $2, $3) "
                        "ON CONFLICT (source, key) DO UPDATE SET value = excluded.value",
                        {source.value, key, value}));
  return {};
}

Result<> MirrorChanges::clear_mirror(model::SourceId source) {
  TRY(session_->execute("DELETE FROM mirror_records WHERE source = $1", {source.value}));
  TRY(session_->execute("DELETE FROM mirror_names WHERE source = $1", {source.value}));
  TRY(session_->execute("DELETE FROM mirror_state WHERE source = $1", {source.value}));
  session_->announce(source.value);
  session_->announce(cleared_topic(source));
  return {};
}

}  // namespace granary::catalog
