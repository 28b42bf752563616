#include "catalog/mirror_queries.h"

#include <cstring>

#include "catalog/mirror_keys.h"
#include "catalog/queries.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::from_micros;
using db::micros;
using db::Row;

constexpr std::int64_t kRecordsPerPage = 256;
constexpr std::int64_t kNamesPerPage = 10'000;
constexpr int kShardShift = 40;

MirrorRecord to_record(const Row& row) {
  MirrorRecord record{.tree = std::string(row.text(0)),
                      .package = std::string(row.text(1)),
                      .bytes = std::string(row.blob(2)),
                      .added_in = {row.integer(3)},
                      .gone_in = std::nullopt};
  if (row.integer(4) != kStillThere) record.gone_in = model::TxNo{row.integer(4)};
  return record;
}

Result<HeldFile> to_held(const Row& row) {
  HeldFile file;
  file.key = row.text(0);
  if (row.blob(1).size() != file.blob.bytes.size())
    return fail(Errc::corrupt, "the database holds a digest that is none", "evict the source's files");
  std::memcpy(file.blob.bytes.data(), row.blob(1).data(), file.blob.bytes.size());
  file.size = static_cast<std::uint64_t>(row.integer(2));
  file.md5 = row.text(3);
  file.fetched_at = from_micros(row.integer(4));
  file.used_at = from_micros(row.integer(5));
  return file;
}

UpstreamName to_name(const Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), row.integer(2)};
}

// $1: the package, $2: kStillThere.
constexpr std::string_view kIndexesWith =
    "SELECT s.id FROM sources s WHERE s.type = 'pypi' AND (EXISTS (SELECT 1 FROM mirror_names n "
    "WHERE n.source = s.id AND n.name = $1 AND n.gone_in = $2) OR (NOT EXISTS (SELECT 1 FROM mirror_state k "
    "WHERE k.source = s.id AND k.key = $3) AND EXISTS (SELECT 1 FROM mirror_records r "
    "WHERE r.source = s.id AND r.tree = '' AND r.package = $1 AND r.gone_in = $2))) ORDER BY s.id";
// $3: the key of the first number of any tree of sources.
constexpr std::string_view kTreesWith =
    "SELECT s.id FROM sources s WHERE s.type IN ('cran', 'bioconductor') AND EXISTS "
    "(SELECT 1 FROM mirror_records r WHERE r.source = s.id AND r.package = $1 AND r.gone_in = $2 "
    "AND r.tree IN (SELECT substr(k.key, 7) FROM mirror_state k WHERE k.source = s.id AND k.key LIKE $3)) "
    "ORDER BY s.id";

#define GRANARY_RECORD_COLUMNS "SELECT tree, package, record, added_in, gone_in FROM mirror_records "
#define GRANARY_HELD_COLUMNS "SELECT key, blob_digest, size, md5, fetched_at, used_at FROM mirror_files "

}  // namespace

Result<model::TxNo> MirrorQueries::last_affecting(model::SourceId source, Time until) {
  model::TxNo last;
  TRY(
      session_->query("SELECT number FROM transactions WHERE source = $1 AND affects_from < $2 "
                      "ORDER BY number DESC LIMIT 1",
                      {source.value, micros(until)}, [&](const Row& row) -> Result<> {
                        last = {row.integer(0)};
                        return {};
                      }));
  return last;
}

Result<std::optional<MirrorRecord>> MirrorQueries::record(model::SourceId source, std::string_view tree,
                                                          std::string_view package,
                                                          std::optional<model::TxNo> at) {
  std::optional<MirrorRecord> found;
  const auto take = [&](const Row& row) -> Result<> {
    found = to_record(row);
    return {};
  };
  if (at) {  // intervals of one package do not overlap: the first that ends later is it, or the next one
    TRY(session_->query(GRANARY_RECORD_COLUMNS
                        "WHERE source = $1 AND tree = $2 AND package = $3 AND gone_in > $4 "
                        "ORDER BY gone_in LIMIT 1",
                        {source.value, tree, package, at->value}, take));
  } else {
    TRY(session_->query(GRANARY_RECORD_COLUMNS
                        "WHERE source = $1 AND tree = $2 AND package = $3 ORDER BY gone_in DESC LIMIT 1",
                        {source.value, tree, package}, take));
  }
  return found;
}

Result<> MirrorQueries::for_each_record(model::SourceId source, std::string_view tree, model::TxNo at,
                                        const EachRecord& each) {
  std::string after;
  for (;;) {
    std::vector<MirrorRecord> page;
    TRY(session_->query(GRANARY_RECORD_COLUMNS
                        "WHERE source = $1 AND tree = $2 AND package > $3 AND added_in <= $4 AND gone_in > "
                        "$4 ORDER BY package LIMIT $5",
                        {source.value, tree, std::string_view(after), at.value, kRecordsPerPage},
                        [&](const Row& row) -> Result<> {
                          page.push_back(to_record(row));
                          return {};
                        }));
    for (const auto& record : page) TRY(each(record));
    if (std::ssize(page) < kRecordsPerPage) return {};
    after = page.back().package;
  }
}

Result<> MirrorQueries::for_each_change(model::SourceId source, std::string_view tree, model::TxNo after,
                                        model::TxNo upto, const EachRecord& each) {
  std::vector<MirrorRecord> changes;
  const auto take = [&](const Row& row) -> Result<> {
    changes.push_back(to_record(row));
    return {};
  };
  TRY(session_->query(GRANARY_RECORD_COLUMNS
                      "WHERE source = $1 AND tree = $2 AND added_in > $3 AND added_in <= $4 AND gone_in > $4",
                      {source.value, tree, after.value, upto.value}, take));
  TRY(session_->query(
      "SELECT r.tree, r.package, r.record, r.added_in, r.gone_in FROM mirror_records r "
      "WHERE r.source = $1 AND r.tree = $2 AND r.gone_in > $3 AND r.gone_in <= $4 AND NOT EXISTS "
      "(SELECT 1 FROM mirror_records n WHERE n.source = $1 AND n.tree = $2 AND n.package = r.package "
      "AND n.gone_in > $4 AND n.added_in <= $4)",
      {source.value, tree, after.value, upto.value}, take));
  for (const auto& record : changes) TRY(each(record));
  return {};
}

Result<std::vector<std::string>> MirrorQueries::trees(model::SourceId source) {
  std::vector<std::string> trees;
  TRY(session_->query("SELECT DISTINCT tree FROM mirror_records WHERE source = $1 ORDER BY tree",
                      {source.value}, [&](const Row& row) -> Result<> {
                        trees.emplace_back(row.text(0));
                        return {};
                      }));
  return trees;
}

Result<> MirrorQueries::for_each_name(model::SourceId source, model::TxNo at, const EachName& each) {
  std::string after;
  for (;;) {
    std::int64_t rows = 0;
    std::string last;
    TRY(session_->query(
        "SELECT name, shown, serial FROM mirror_names WHERE source = $1 AND name > $2 "
        "AND added_in <= $3 AND gone_in > $3 ORDER BY name LIMIT $4",
        {source.value, std::string_view(after), at.value, kNamesPerPage}, [&](const Row& row) -> Result<> {
          const auto name = to_name(row);
          if (++rows == kNamesPerPage) last = name.name;
          return each(name);
        }));
    if (rows < kNamesPerPage) return {};
    after = last;
  }
}

Result<std::optional<UpstreamName>> MirrorQueries::find_name(model::SourceId source, std::string_view name) {
  std::optional<UpstreamName> found;
  TRY(session_->query(
      "SELECT name, shown, serial FROM mirror_names WHERE source = $1 AND name = $2 AND gone_in = $3",
      {source.value, name, kStillThere}, [&](const Row& row) -> Result<> {
        found = to_name(row);
        return {};
      }));
  return found;
}

Result<std::vector<model::SourceId>> MirrorQueries::mirrors_with(model::Ecosystem ecosystem,
                                                                 std::string_view package) {
  const bool python = ecosystem == model::Ecosystem::python;
  const std::string any_tree = first_number_key("%src/contrib");
  std::vector<model::SourceId> found;
  TRY(session_->query(python ? kIndexesWith : kTreesWith,
                      {package, kStillThere, python ? kNamesKnown : std::string_view(any_tree)},
                      [&](const Row& row) -> Result<> {
                        found.push_back({row.integer(0)});
                        return {};
                      }));
  return found;
}

Result<std::optional<HeldFile>> MirrorQueries::held(model::SourceId source, std::string_view key) {
  std::optional<HeldFile> found;
  TRY(session_->query(GRANARY_HELD_COLUMNS "WHERE source = $1 AND key = $2", {source.value, key},
                      [&](const Row& row) -> Result<> {
                        found = TRY(to_held(row));
                        return {};
                      }));
  return found;
}

Result<std::vector<HeldFile>> MirrorQueries::held_files(model::SourceId source, std::string_view after,
                                                        std::uint32_t limit) {
  std::vector<HeldFile> files;
  TRY(session_->query(GRANARY_HELD_COLUMNS "WHERE source = $1 AND key > $2 ORDER BY key LIMIT $3",
                      {source.value, after, std::int64_t{limit}}, [&](const Row& row) -> Result<> {
                        files.push_back(TRY(to_held(row)));
                        return {};
                      }));
  return files;
}

Result<std::string> MirrorQueries::state(model::SourceId source, std::string_view key) {
  std::string value;
  TRY(session_->query("SELECT value FROM mirror_state WHERE source = $1 AND key = $2", {source.value, key},
                      [&](const Row& row) -> Result<> {
                        value = row.text(0);
                        return {};
                      }));
  return value;
}

Result<std::vector<std::pair<std::string, std::string>>> MirrorQueries::states(model::SourceId source) {
  std::vector<std::pair<std::string, std::string>> all;
  TRY(session_->query("SELECT key, value FROM mirror_state WHERE source = $1 ORDER BY key", {source.value},
                      [&](const Row& row) -> Result<> {
                        all.emplace_back(row.text(0), row.text(1));
                        return {};
                      }));
  return all;
}

#undef GRANARY_RECORD_COLUMNS
#undef GRANARY_HELD_COLUMNS

// FNV-1a: every node must shard alike, also one of another build.
std::size_t project_shard(std::string_view project) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : project) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<std::size_t>((hash ^ (hash >> 32)) % kProjectShards);
}

std::int64_t project_topic(model::SourceId source, std::string_view project) noexcept {
  return static_cast<std::int64_t>((project_shard(project) + 1) << kShardShift) | source.value;
}

std::int64_t cleared_topic(model::SourceId source) noexcept {
  return static_cast<std::int64_t>((kProjectShards + 1) << kShardShift) | source.value;
}

std::optional<model::SourceId> parse_cleared_topic(std::int64_t topic) noexcept {
  if (topic < 0 || static_cast<std::uint64_t>(topic) >> kShardShift != kProjectShards + 1)
    return std::nullopt;
  return model::SourceId{topic & ((std::int64_t{1} << kShardShift) - 1)};
}

std::optional<ProjectTopic> parse_project_topic(std::int64_t topic) noexcept {
  const auto shard = static_cast<std::uint64_t>(topic) >> kShardShift;
  if (topic < 0 || shard == 0 || shard > kProjectShards) return std::nullopt;
  return ProjectTopic{{topic & ((std::int64_t{1} << kShardShift) - 1)}, static_cast<std::size_t>(shard - 1)};
}

}  // namespace granary::catalog
