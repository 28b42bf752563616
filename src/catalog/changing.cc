#include "catalog/changing.h"

#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/source_options.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::Blob;
using db::micros;
using db::Row;
using db::Value;

/// Goes with the deletion itself: all of a small source.
constexpr SliceSize kFirstSlice{.rows = 1'000, .bytes = 4 << 20};

/// The first column of the only row of an INSERT ... RETURNING.
Result<std::int64_t> returned(db::WriteSession& session, std::string_view sql,
                              std::initializer_list<Value> values) {
  std::int64_t value = 0;
  TRY(session.query(sql, values, [&](const Row& row) -> Result<> {
    value = row.integer(0);
    return {};
  }));
  return value;
}

Value or_null(const std::optional<Digest>& digest) {
  if (!digest) return nullptr;
  return Blob{as_text(digest->bytes)};
}
Value or_null(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return std::string_view(*text);
}
Value or_null(const std::optional<std::int64_t>& number) {
  if (!number) return nullptr;
  return *number;
}

tl::unexpected<Error> no_such(std::string_view what, std::int64_t id) {
  return fail(Errc::not_found, "no " + std::string(what) + " has the id " + std::to_string(id),
              "it may have been deleted just now: list what there is");
}

}  // namespace

/// Names are unique whatever their case: on some clients they become folders.
Result<> Changing::check_free(std::string_view what, std::string_view sql, std::string_view name,
                              std::int64_t but) {
  std::string taken;
  TRY(session_->query(sql, {std::string_view(lower(name)), but}, [&](const Row& row) -> Result<> {
    taken = row.text(0);
    return {};
  }));
  if (taken.empty()) return {};
  return fail(
      Errc::conflict, "a " + std::string(what) + " named '" + taken + "' exists already",
      taken == name ? "choose another name" : "names that differ only by case are the same: choose another");
}

Result<model::SourceId> Changing::create_source(const model::Source& source) {
  TRY(check_free("source", "SELECT name FROM sources WHERE name_key = $1 AND id <> $2", source.name, 0));
  const auto id = TRY(returned(
      *session_,
      "INSERT INTO sources (name, name_key, type, description, created_at, options) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
      {std::string_view(source.name), std::string_view(lower(source.name)), stored_type(source.type),
       std::string_view(source.description), micros(clock_->now()), std::string_view(options_text(source))}));
  session_->announce(kConfigurationTopic);
  return model::SourceId{id};
}

Result<> Changing::update_source(model::SourceId id, std::string_view name, std::string_view description) {
  TRY(check_free("source", "SELECT name FROM sources WHERE name_key = $1 AND id <> $2", name, id.value));
  const auto changed =
      TRY(session_->execute("UPDATE sources SET name = $2, name_key = $3, description = $4 WHERE id = $1 "
                            "AND deleted_at = 0",
                            {id.value, name, std::string_view(lower(name)), description}));
  if (changed == 0) return no_such("source", id.value);
  session_->announce(kConfigurationTopic);
  session_->announce(id.value);
  return {};
}

Result<> Changing::set_options(const model::Source& source) {
  TRY(session_->execute("UPDATE sources SET options = $2 WHERE id = $1 AND deleted_at = 0",
                        {source.id.value, std::string_view(options_text(source))}));
  session_->announce(kConfigurationTopic);
  session_->announce(source.id.value);
  return {};
}

Result<> Changing::set_upstream(model::SourceId id, const model::Upstream& upstream) {
  auto source = TRY(catalog::find_source(*session_, std::to_string(id.value)));
  if (!source) return no_such("source", id.value);
  source->upstream = upstream;
  return set_options(*source);
}

Result<> Changing::set_frozen(model::SourceId id, model::SourceId of, std::chrono::sys_days at) {
  auto source = TRY(catalog::find_source(*session_, std::to_string(id.value)));
  if (!source) return no_such("source", id.value);
  source->frozen_of = of;
  source->frozen_at = at;
  return set_options(*source);
}

Result<> Changing::delete_source(model::SourceId id) {
  std::string subscriber;
  TRY(
      session_->query("SELECT r.name FROM subscriptions s JOIN repositories r ON r.id = s.repository "
                      "WHERE s.source = $1 ORDER BY r.name LIMIT 1",
                      {id.value}, [&](const Row& row) -> Result<> {
                        subscriber = row.text(0);
                        return {};
                      }));
  if (!subscriber.empty())
    return fail(Errc::conflict, "the repository '" + subscriber + "' subscribes to the source",
                "unsubscribe it first");
  const auto source = TRY(catalog::find_source(*session_, std::to_string(id.value)));
  if (!source || !TRY(make_remnant(*session_, id, clock_->now()))) return no_such("source", id.value);
  auto erased = TRY(erase_slice(*session_, id, {}, kFirstSlice));
  // Its builders refer to the row, and would be seen as long as that is there. Such a source has no more
  // files than a sandbox has built.
  while (model::is_built(source->type) && !erased.whole)
    erased = TRY(erase_slice(*session_, id, erased.next, {}));
  session_->announce(kConfigurationTopic);
  session_->announce(id.value);
  session_->announce(cleared_topic(id));
  return {};
}

Result<Erased> Changing::erase(model::SourceId id, const SlicePlace& from, const SliceSize& size) {
  return erase_slice(*session_, id, from, size);
}

Result<model::RepoId> Changing::create_repository(const model::Repository& repository) {
  TRY(check_free("repository", "SELECT name FROM repositories WHERE name_key = $1 AND id <> $2",
                 repository.name, 0));
  const auto id = TRY(returned(
      *session_,
      "INSERT INTO repositories (name, name_key, type, description, authenticated, created_at, downloads) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
      {std::string_view(repository.name), std::string_view(lower(repository.name)),
       model::name_of(repository.type), std::string_view(repository.description),
       std::int64_t{repository.authenticated}, micros(clock_->now()), model::name_of(repository.downloads)}));
  session_->announce(kConfigurationTopic);
  return model::RepoId{id};
}

Result<> Changing::update_repository(const model::Repository& repository) {
  TRY(check_free("repository", "SELECT name FROM repositories WHERE name_key = $1 AND id <> $2",
                 repository.name, repository.id.value));
  const auto changed = TRY(
      session_->execute("UPDATE repositories SET name = $2, name_key = $3, description = $4, authenticated = "
                        "$5, downloads = $6 "
                        "WHERE id = $1",
                        {repository.id.value, std::string_view(repository.name),
                         std::string_view(lower(repository.name)), std::string_view(repository.description),
                         std::int64_t{repository.authenticated}, model::name_of(repository.downloads)}));
  if (changed == 0) return no_such("repository", repository.id.value);
  session_->announce(kConfigurationTopic);
  return {};
}

Result<> Changing::delete_repository(model::RepoId id) {
  if (TRY(session_->execute("DELETE FROM repositories WHERE id = $1", {id.value})) == 0)
    return no_such("repository", id.value);
  session_->announce(kConfigurationTopic);
  return {};
}

Result<> Changing::set_subscriptions(model::RepoId id, std::span<const model::SourceId> sources) {
  if (TRY(session_->execute("UPDATE repositories SET name = name WHERE id = $1", {id.value})) == 0)
    return no_such("repository", id.value);
  std::set<model::SourceId> seen;
  for (const auto source : sources) {
    if (!seen.insert(source).second)
      return fail(Errc::invalid_argument, "a source is subscribed twice", "name each source once");
    if (!TRY(catalog::find_source(*session_, std::to_string(source.value))))
      return no_such("source", source.value);
  }
  TRY(session_->execute("DELETE FROM subscriptions WHERE repository = $1", {id.value}));
  std::int64_t position = 0;
  for (const auto source : sources)
    TRY(session_->execute("INSERT INTO subscriptions (repository, position, source) VALUES ($1, $2, $3)",
                          {id.value, position++, source.value}));
  session_->announce(kConfigurationTopic);
  return {};
}

Result<> Changing::add_pinned(model::RepoId repository, std::string_view id, std::string_view pins) {
  const auto known = TRY(find_pinned(repository, id));
  if (known && *known == pins) return {};
  TRY(session_->execute(
      "INSERT INTO pinned_snapshots (repository, id, pins, created_at) VALUES ($1, $2, $3, $4)",
      {repository.value, id, pins, micros(clock_->now())}));
  return {};
}

Result<std::pair<std::int64_t, std::int64_t>> Changing::next_number() {
  std::int64_t number = 0, at = 0;
  TRY(session_->query(
      "UPDATE transaction_counter SET number = number + 1, at = CASE WHEN at > $1 THEN at ELSE $1 END "
      "WHERE only_row = 1 RETURNING number, at",
      {micros(clock_->now())}, [&](const Row& row) -> Result<> {
        number = row.integer(0);
        at = row.integer(1);
        return {};
      }));
  if (number == 0) return fail(Errc::corrupt, "the transaction counter is missing", "restore the database");
  return std::pair{number, at};
}

Result<model::TxNo> Changing::begin_transaction(model::SourceId source, model::TxKind kind,
                                                std::string_view actor, std::string_view comment) {
  return begin(source, kind, 0, actor, comment);
}

Result<model::TxNo> Changing::begin(model::SourceId source, model::TxKind kind, std::int64_t affects_from,
                                    std::string_view actor, std::string_view comment) {
  const auto [number, at] = TRY(next_number());
  const auto inserted = TRY(session_->execute(
      "INSERT INTO transactions (source, number, at, kind, actor, comment, packages, affects_from) SELECT "
      "$1, $2, $3, $4, $5, $6, 1, $7 WHERE EXISTS (SELECT 1 FROM sources WHERE id = $1 AND deleted_at = 0)",
      {source.value, number, at, model::name_of(kind), actor, comment, affects_from}));
  if (inserted == 0) return no_such("source", source.value);
  begun_[number] = source.value;
  session_->announce(source.value);
  return model::TxNo{number};
}

/// The row with the metadata: a file that is yanked or archived keeps the one it has.
Result<std::optional<std::int64_t>> Changing::store_metadata(const model::FileRecord& file) {
  if (file.metadata.empty()) return std::nullopt;
  std::optional<std::int64_t> known;
  TRY(
      session_->query("SELECT m.id, m.content FROM files f JOIN metadata m ON m.id = f.metadata "
                      "WHERE f.source = $1 AND f.filename = $2 ORDER BY f.gone_in DESC LIMIT 1",
                      {file.source.value, std::string_view(file.filename)}, [&](const Row& row) -> Result<> {
                        if (row.blob(1) == file.metadata) known = row.integer(0);
                        return {};
                      }));
  if (known) return known;
  return TRY(
      returned(*session_, "INSERT INTO metadata (content) VALUES ($1) RETURNING id", {Blob{file.metadata}}));
}

Result<model::FileId> Changing::add_file(const model::FileRecord& file) {
  const auto begun = begun_.find(file.added_in.value);
  if (begun == begun_.end() || begun->second != file.source.value)
    return fail(Errc::internal, "a file was added outside its transaction");
  const auto metadata = TRY(store_metadata(file));
  std::int64_t id = 0;
  auto inserted = session_->query(
      "INSERT INTO files (source, package, name, version, filename, kind, blob_digest, size, md5, "
      "uploaded_at, "
      "metadata, metadata_sha256, requires_python, archived, yanked, added_in, gone_in) SELECT "
      "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 "
      "WHERE NOT EXISTS (SELECT 1 FROM blob_removals WHERE blob_digest = $7) RETURNING id",
      {file.source.value, std::string_view(file.package), std::string_view(file.name),
       std::string_view(file.version), std::string_view(file.filename), model::name_of(file.kind),
       Blob{as_text(file.blob.bytes)}, static_cast<std::int64_t>(file.size), std::string_view(file.md5),
       micros(file.uploaded_at), or_null(metadata), or_null(file.metadata_sha256),
       std::string_view(file.requires_python), std::int64_t{file.archived}, or_null(file.yanked),
       file.added_in.value, kStillThere},
      [&](const Row& row) -> Result<> {
        id = row.integer(0);
        return {};
      });
  if (!inserted) {
    if (inserted.error().code() != Errc::conflict) return tl::unexpected(std::move(inserted).error());
    return fail(Errc::conflict, "the source has a file named '" + file.filename + "' already",
                "remove it first, or publish a new version");
  }
  if (id == 0) return being_removed(file.blob);
  touched_.emplace(file.added_in.value, file.filename);
  session_->announce(project_topic(file.source, file.package));
  return model::FileId{id};
}

Result<> Changing::end_file(model::FileId id, model::TxNo in) {
  const auto begun = begun_.find(in.value);
  if (begun == begun_.end()) return fail(Errc::internal, "a file was ended outside its transaction");
  std::string filename;
  const auto take = [&](const Row& row) -> Result<> {
    filename = row.text(0);
    session_->announce(project_topic({begun->second}, row.text(1)));
    return {};
  };
  TRY(session_->query(
      "UPDATE files SET gone_in = $2 WHERE id = $1 AND gone_in = $3 AND source = $4 AND added_in < $2 "
      "RETURNING filename, package",
      {id.value, in.value, kStillThere, begun->second}, take));
  if (filename.empty())  // no snapshot can ever show what came and went in one transaction
    TRY(
        session_->query("DELETE FROM files WHERE id = $1 AND gone_in = $3 AND source = $4 AND added_in = $2 "
                        "RETURNING filename, package",
                        {id.value, in.value, kStillThere, begun->second}, take));
  if (filename.empty())
    return fail(Errc::conflict, "the file is gone already", "somebody else changed it just now: look again");
  touched_.emplace(in.value, std::move(filename));
  return {};
}

Result<> Changing::stored_again(const Digest& digest, std::int64_t after) {
  TRY(session_->execute("DELETE FROM blob_removals WHERE blob_digest = $1 AND number = $2",
                        {Blob{as_text(digest.bytes)}, after}));
  return {};
}

Result<Removing> Changing::begin_removal(std::span<const Digest> blobs) {
  Removing out;
  const auto lot = random_bytes(sizeof out.number);
  std::memcpy(&out.number, lot.data(), sizeof out.number);
  for (const auto& digest : blobs) {
    const auto marked = TRY(session_->execute(
        "INSERT INTO blob_removals (blob_digest, number, ended, at) SELECT $1, $2, 0, $3 "
        "WHERE NOT EXISTS (SELECT 1 FROM files WHERE blob_digest = $1) "
        "AND NOT EXISTS (SELECT 1 FROM mirror_files WHERE blob_digest = $1) "
        "ON CONFLICT (blob_digest) DO UPDATE SET number = excluded.number, ended = 0, at = excluded.at "
        "WHERE blob_removals.ended = 1",
        {Blob{as_text(digest.bytes)}, out.number, micros(clock_->now())}));
    if (marked != 0) out.blobs.push_back(digest);
  }
  return out;
}

Result<> Changing::end_removal(std::int64_t number, const Digest& digest, bool gone) {
  const auto sql =
      gone ? std::string_view("UPDATE blob_removals SET ended = 1 WHERE blob_digest = $1 AND number = $2")
           : "DELETE FROM blob_removals WHERE blob_digest = $1 AND number = $2";
  TRY(session_->execute(sql, {Blob{as_text(digest.bytes)}, number}));
  return {};
}

Result<> Changing::forget_removals(Time before) {
  TRY(session_->execute("DELETE FROM blob_removals WHERE at < $1", {micros(before)}));
  return {};
}

void Changing::touched(model::TxNo transaction, std::string what) {
  touched_.emplace(transaction.value, std::move(what));
}

Result<> Changing::finish() {
  for (const auto& [number, source] : begun_) {
    const auto from = touched_.lower_bound({number, ""});
    const auto to = touched_.lower_bound({number + 1, ""});
    const std::int64_t count = std::distance(from, to);
    if (count == 1) continue;  // what begin_transaction wrote
    TRY(session_->execute("UPDATE transactions SET packages = $3 WHERE source = $1 AND number = $2",
                          {source, number, count}));
  }
  return {};
}

}  // namespace granary::catalog
