#include "catalog/queries.h"

#include <cstring>
#include <map>

#include "base/text.h"
#include "catalog/source_options.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::Blob;
using db::from_micros;
using db::micros;
using db::Row;
using db::Session;
using db::Value;

// Concatenated at compile time: statements are cached by their text, so each is one literal.
#define GRANARY_SOURCE_COLUMNS                                                                            \
  "SELECT s.id, s.name, s.type, s.description, s.created_at, "                                            \
  "COALESCE((SELECT t.number FROM transactions t WHERE t.source = s.id ORDER BY t.number DESC LIMIT 1), " \
  "0), "                                                                                                  \
  "s.options FROM sources s "
#define GRANARY_REPOSITORY_COLUMNS \
  "SELECT id, name, type, description, authenticated, created_at, downloads FROM repositories "
#define GRANARY_FILE_COLUMNS                                                                         \
  "SELECT f.id, f.source, f.package, f.name, f.version, f.filename, f.kind, f.blob_digest, f.size, " \
  "f.md5, f.uploaded_at, m.content, f.metadata_sha256, f.requires_python, f.archived, f.yanked, "    \
  "f.added_in, f.gone_in FROM files f LEFT JOIN metadata m ON m.id = f.metadata "

constexpr std::int64_t kRowsPerPage = 256;

tl::unexpected<Error> unreadable(std::string_view what) {
  return fail(Errc::corrupt, "the database holds a " + std::string(what) + " that this version does not know",
              "a newer version wrote it: upgrade this server");
}

Result<Digest> digest_of(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) return unreadable("digest");
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

Result<model::Source> to_source(const Row& row) {
  const auto type = model::parse_source_type(row.text(2));
  if (!type) return unreadable("source type");
  model::Source source{.id = {row.integer(0)},
                       .name = std::string(row.text(1)),
                       .type = *type,
                       .description = std::string(row.text(3)),
                       .created_at = from_micros(row.integer(4)),
                       .last_tx = {row.integer(5)}};
  TRY(read_options(row.text(6), source));
  return source;
}

Result<model::Repository> to_repository(const Row& row) {
  const auto type = model::parse_ecosystem(row.text(2));
  if (!type) return unreadable("repository type");
  return model::Repository{
      .id = {row.integer(0)},
      .name = std::string(row.text(1)),
      .type = *type,
      .description = std::string(row.text(3)),
      .authenticated = row.integer(4) != 0,
      .created_at = from_micros(row.integer(5)),
      // What a newer version may know is what this one can do in its place.
      .downloads = model::parse_downloads(row.text(6)).value_or(model::Downloads::stream),
      .sources = {}};
}

Result<model::FileRecord> to_file(const Row& row) {
  const auto kind = model::parse_file_kind(row.text(6));
  if (!kind) return unreadable("kind of file");
  model::FileRecord file;
  file.id = {row.integer(0)};
  file.source = {row.integer(1)};
  file.package = row.text(2);
  file.name = row.text(3);
  file.version = row.text(4);
  file.filename = row.text(5);
  file.kind = *kind;
  file.blob = TRY(digest_of(row.blob(7)));
  file.size = static_cast<std::uint64_t>(row.integer(8));
  file.md5 = row.text(9);
  file.uploaded_at = from_micros(row.integer(10));
  file.metadata = row.blob(11);
  if (!row.is_null(12)) file.metadata_sha256 = TRY(digest_of(row.blob(12)));
  file.requires_python = row.text(13);
  file.archived = row.integer(14) != 0;
  if (!row.is_null(15)) file.yanked = std::string(row.text(15));
  file.added_in = {row.integer(16)};
  if (row.integer(17) != kStillThere) file.gone_in = model::TxNo{row.integer(17)};
  return file;
}

/// All rows as values.
template <class Convert>
auto collect(Session& session, std::string_view sql, std::initializer_list<Value> parameters, Convert convert)
    -> Result<std::vector<typename std::invoke_result_t<Convert, const Row&>::value_type>> {
  std::vector<typename std::invoke_result_t<Convert, const Row&>::value_type> all;
  TRY(session.query(sql, parameters, [&](const Row& row) -> Result<> {
    all.push_back(TRY(convert(row)));
    return {};
  }));
  return all;
}

template <class T>
std::optional<T> first(std::vector<T>&& all) {
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

Result<std::int64_t> number(Session& session, std::string_view sql, std::initializer_list<Value> parameters) {
  std::int64_t value = 0;
  TRY(session.query(sql, parameters, [&](const Row& row) -> Result<> {
    value = row.integer(0);
    return {};
  }));
  return value;
}

std::optional<std::int64_t> id_in(std::string_view name_or_id) {
  const auto id = parse_unsigned(name_or_id);
  if (!id || *id > static_cast<std::uint64_t>(kStillThere)) return std::nullopt;
  return static_cast<std::int64_t>(*id);
}

Result<> add_subscriptions(Session& session, std::vector<model::Repository>& repositories) {
  std::map<model::RepoId, model::Repository*> by_id;
  for (auto& repository : repositories) by_id[repository.id] = &repository;
  return session.query("SELECT repository, source FROM subscriptions ORDER BY repository, position", {},
                       [&](const Row& row) -> Result<> {
                         const auto at = by_id.find(model::RepoId{row.integer(0)});
                         if (at != by_id.end()) at->second->sources.push_back({row.integer(1)});
                         return {};
                       });
}

}  // namespace

Result<std::vector<model::Source>> read_sources(Session& session) {
  return collect(session, GRANARY_SOURCE_COLUMNS "WHERE s.deleted_at = 0 ORDER BY s.name", {}, to_source);
}

Result<std::vector<model::Repository>> read_repositories(Session& session) {
  auto all = TRY(collect(session, GRANARY_REPOSITORY_COLUMNS "ORDER BY name", {}, to_repository));
  TRY(add_subscriptions(session, all));
  return all;
}

Result<std::optional<model::Source>> find_source(Session& session, std::string_view name_or_id) {
  const auto id = id_in(name_or_id);
  return first(id ? TRY(collect(session, GRANARY_SOURCE_COLUMNS "WHERE s.id = $1 AND s.deleted_at = 0", {*id},
                                to_source))
                  : TRY(collect(session, GRANARY_SOURCE_COLUMNS "WHERE s.name_key = $1 AND s.name = $2",
                                {std::string_view(lower(name_or_id)), name_or_id}, to_source)));
}

Result<std::optional<model::Repository>> find_repository(Session& session, std::string_view name_or_id) {
  const auto id = id_in(name_or_id);
  auto found = id ? TRY(collect(session, GRANARY_REPOSITORY_COLUMNS "WHERE id = $1", {*id}, to_repository))
                  : TRY(collect(session, GRANARY_REPOSITORY_COLUMNS "WHERE name_key = $1 AND name = $2",
                                {std::string_view(lower(name_or_id)), name_or_id}, to_repository));
  for (auto& repository : found)
    repository.sources =
        TRY(collect(session, "SELECT source FROM subscriptions WHERE repository = $1 ORDER BY position",
                    {repository.id.value}, [](const Row& row) -> Result<model::SourceId> {
                      return model::SourceId{row.integer(0)};
                    }));
  return first(std::move(found));
}

Result<model::TxNo> resolve(Session& session, model::SourceId source, const model::SnapshotRef& snapshot) {
  if (const auto* as_of = std::get_if<model::AsOf>(&snapshot)) {
    const std::int64_t midnight = micros(Time(as_of->day + std::chrono::days(1)));
    return model::TxNo{TRY(number(session,
                                  "SELECT number FROM transactions WHERE source = $1 AND at < $2 "
                                  "ORDER BY at DESC, number DESC LIMIT 1",
                                  {source.value, midnight}))};
  }
  const auto* exact = std::get_if<model::TxNo>(&snapshot);
  return model::TxNo{TRY(number(session,
                                "SELECT number FROM transactions WHERE source = $1 AND number <= $2 "
                                "ORDER BY number DESC LIMIT 1",
                                {source.value, exact ? exact->value : kStillThere}))};
}

Result<std::vector<model::Transaction>> read_transactions(Session& session, model::SourceId source,
                                                          model::TxNo before, std::uint32_t limit) {
  return collect(session,
                 "SELECT number, source, at, kind, actor, comment, packages FROM transactions "
                 "WHERE source = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
                 {source.value, before.value == 0 ? kStillThere : before.value, std::int64_t{limit}},
                 [](const Row& row) -> Result<model::Transaction> {
                   const auto kind = model::parse_tx_kind(row.text(3));
                   if (!kind) return unreadable("kind of transaction");
                   return model::Transaction{.number = {row.integer(0)},
                                             .source = {row.integer(1)},
                                             .at = from_micros(row.integer(2)),
                                             .kind = *kind,
                                             .actor = std::string(row.text(4)),
                                             .comment = std::string(row.text(5)),
                                             .packages = row.integer(6)};
                 });
}

Result<std::vector<std::string>> read_packages(Session& session, model::SourceId source, model::TxNo at,
                                               const model::Page& page) {
  return collect(
      session,
      "SELECT DISTINCT package FROM files "
      "WHERE source = $1 AND package > $2 AND added_in <= $3 AND gone_in > $3 ORDER BY package LIMIT $4",
      {source.value, std::string_view(page.after), at.value, std::int64_t{page.limit}},
      [](const Row& row) -> Result<std::string> { return std::string(row.text(0)); });
}

Result<bool> has_package(Session& session, model::SourceId source, model::TxNo at, std::string_view package) {
  return TRY(number(
             session,
             "SELECT 1 FROM files WHERE source = $1 AND package = $2 AND +added_in <= $3 AND +gone_in > "
             "$3 LIMIT 1",
             {source.value, package, at.value})) != 0;
}

// The '+' keeps SQLite from the indexes of intervals, which it takes for more selective than a name.
Result<std::vector<model::FileRecord>> read_files(Session& session, model::SourceId source, model::TxNo at,
                                                  std::string_view package) {
  return collect(
      session,
      GRANARY_FILE_COLUMNS
      "WHERE f.source = $1 AND f.package = $2 AND +f.added_in <= $3 AND +f.gone_in > $3 ORDER BY f.id",
      {source.value, package, at.value}, to_file);
}

Result<std::optional<model::FileRecord>> find_file(Session& session, model::SourceId source, model::TxNo at,
                                                   std::string_view filename) {
  return first(TRY(collect(session,
                           GRANARY_FILE_COLUMNS
                           "WHERE f.source = $1 AND f.filename = $2 AND f.gone_in > $3 AND f.added_in <= $3 "
                           "ORDER BY f.gone_in LIMIT 1",
                           {source.value, filename, at.value}, to_file)));
}

Result<std::vector<model::FileRecord>> read_history(Session& session, model::SourceId source,
                                                    std::string_view filename) {
  return collect(session, GRANARY_FILE_COLUMNS "WHERE f.source = $1 AND f.filename = $2 ORDER BY f.id",
                 {source.value, filename}, to_file);
}

Result<std::optional<std::string>> find_other_case(Session& session, model::SourceId source, model::TxNo at,
                                                   std::string_view package) {
  return first(TRY(collect(session,
                           "SELECT package FROM files WHERE source = $1 AND lower(package) = $2 "
                           "AND package <> $3 AND added_in <= $4 AND gone_in > $4 LIMIT 1",
                           {source.value, std::string_view(lower(package)), package, at.value},
                           [](const Row& row) -> Result<std::string> { return std::string(row.text(0)); })));
}

Result<> for_each_file(Session& session, model::SourceId source, model::TxNo at, const EachFile& each) {
  std::string package;  // of the last file seen
  std::int64_t id = 0;
  for (;;) {
    // Page by page: bounded memory whatever the driver does, and `each` may ask the same session.
    const auto page =
        TRY(collect(session,
                    GRANARY_FILE_COLUMNS
                    "WHERE f.source = $1 AND (f.package, f.id) > ($2, $3) "
                    "AND f.added_in <= $4 AND f.gone_in > $4 ORDER BY f.package, f.id LIMIT $5",
                    {source.value, std::string_view(package), id, at.value, kRowsPerPage}, to_file));
    for (const auto& file : page) TRY(each(file));
    if (page.size() < kRowsPerPage) return {};
    package = page.back().package;
    id = page.back().id.value;
  }
}

Result<> for_each_interval(Session& session, const EachFile& each) {
  std::int64_t id = 0;
  for (;;) {
    const auto page = TRY(collect(session, GRANARY_FILE_COLUMNS "WHERE f.id > $1 ORDER BY f.id LIMIT $2",
                                  {id, kRowsPerPage}, to_file));
    for (const auto& file : page) TRY(each(file));
    if (page.size() < kRowsPerPage) return {};
    id = page.back().id.value;
  }
}

Result<bool> blob_is_named(Session& session, const Digest& digest) {
  return TRY(number(session,
                    "SELECT 1 WHERE EXISTS (SELECT 1 FROM files WHERE blob_digest = $1) "
                    "OR EXISTS (SELECT 1 FROM mirror_files WHERE blob_digest = $1)",
                    {Blob{as_text(digest.bytes)}})) != 0;
}

Result<std::optional<Removal>> find_removal(Session& session, const Digest& digest) {
  return first(TRY(collect(session, "SELECT number, ended FROM blob_removals WHERE blob_digest = $1",
                           {Blob{as_text(digest.bytes)}}, [](const Row& row) -> Result<Removal> {
                             return Removal{row.integer(0), row.integer(1) != 0};
                           })));
}

Result<std::vector<UnderWay>> read_removals(Session& session) {
  return collect(session, "SELECT blob_digest, number FROM blob_removals WHERE ended = 0", {},
                 [](const Row& row) -> Result<UnderWay> {
                   return UnderWay{TRY(digest_of(row.blob(0))), row.integer(1)};
                 });
}

Result<std::optional<std::string>> find_pinned(Session& session, model::RepoId repository,
                                               std::string_view id) {
  return first(TRY(collect(session, "SELECT pins FROM pinned_snapshots WHERE repository = $1 AND id = $2",
                           {repository.value, id},
                           [](const Row& row) -> Result<std::string> { return std::string(row.text(0)); })));
}

#undef GRANARY_SOURCE_COLUMNS
#undef GRANARY_REPOSITORY_COLUMNS
#undef GRANARY_FILE_COLUMNS

}  // namespace granary::catalog
