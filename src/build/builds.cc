#include "build/builds.h"

#include <algorithm>
#include <map>

#include "base/one_line.h"
#include "base/text.h"
#include "build/plan.h"
#include "db/time_column.h"
#include "jobs/policy.h"

namespace granary::build {
namespace {

using db::from_micros;
using db::micros;
using db::Row;
using db::Session;

constexpr std::size_t kLongestError = 2000;

#define GRANARY_BUILD_COLUMNS                                                                          \
  "b.id, b.builder, b.job, b.ref, b.commit_sha, b.state, b.package, b.version, b.transaction_number, " \
  "b.error, b.created_at, b.finished_at"

Result<Build> to_build(const Row& row) {
  Build out;
  out.id = row.integer(0);
  out.builder = row.integer(1);
  out.job = row.integer(2);
  out.ref = row.text(3);
  out.commit = row.text(4);
  const auto state = parse_build_state(row.text(5));
  if (!state)
    return fail(Errc::corrupt, "the database holds a build that this version does not know",
                "a newer version wrote it: upgrade this server");
  out.state = *state;
  out.package = row.text(6);
  out.version = row.text(7);
  out.transaction = row.integer(8);
  out.error = row.text(9);
  out.created_at = from_micros(row.integer(10));
  out.finished_at = db::optional_time(row, 11);
  return out;
}

Result<Digest> to_digest(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size())
    return fail(Errc::corrupt, "the database holds a digest that is none", "restore it from a backup");
  std::copy_n(std::as_bytes(std::span(bytes.data(), bytes.size())).begin(), bytes.size(),
              digest.bytes.begin());
  return digest;
}

Result<> read_builds(Session& session, std::string_view sql, std::initializer_list<db::Value> values,
                     std::vector<Build>& out) {
  out.clear();
  return session.query(sql, values, [&](const Row& row) -> Result<> {
    out.push_back(TRY(to_build(row)));
    return {};
  });
}

/// That a build was ordered for it. Not the row of a tag: others would be taken for those of the first look.
Result<> forget(db::WriteSession& session, std::int64_t builder, std::string_view ref,
                std::string_view commit) {
  constexpr std::string_view kTags = "refs/tags/";
  if (ref.empty()) return {};
  if (ref.starts_with(kTags))
    TRY(session.execute(
        "UPDATE git_tags SET commit_sha = '' WHERE builder = $1 AND tag = $2 AND commit_sha = $3",
        {builder, ref.substr(kTags.size()), commit}));
  else
    TRY(session.execute("UPDATE git_builders SET head = '' WHERE id = $1 AND head = $2", {builder, commit}));
  return {};
}

}  // namespace

Result<std::vector<Build>> Builds::open(const Context& ctx, std::int64_t job) {
  std::vector<Build> all;
  TRY(database_->read(ctx, [&](Session& session) {
    return read_builds(session,
                       "SELECT " GRANARY_BUILD_COLUMNS
                       " FROM git_builds b WHERE b.job = $1 AND b.state = 'waiting' ORDER BY b.id",
                       {job}, all);
  }));
  return all;
}

Result<> Builds::order(const Context& ctx, const Builder& builder, std::int64_t job, const Plan& plan) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    for (const auto& wanted : plan.wanted)
      TRY(
          session.execute("INSERT INTO git_builds (builder, job, ref, commit_sha, state, package, version, "
                          "transaction_number, error, created_at) "
                          "VALUES ($1, $2, $3, $4, 'waiting', '', '', 0, '', $5)",
                          {builder.id, job, std::string_view(wanted.name), std::string_view(wanted.commit),
                           micros(clock_->now())}));
    if (!plan.head.empty())
      TRY(session.execute("UPDATE git_builders SET head = $2 WHERE id = $1",
                          {builder.id, std::string_view(plan.head)}));
    if (plan.tags_seen)
      TRY(session.execute("UPDATE git_builders SET tags_seen = 1 WHERE id = $1 AND tags_seen = 0",
                          {builder.id}));
    for (const auto& tag : plan.tags)
      TRY(
          session.execute("INSERT INTO git_tags (builder, tag, commit_sha) VALUES ($1, $2, $3) "
                          "ON CONFLICT (builder, tag) DO UPDATE SET commit_sha = excluded.commit_sha",
                          {builder.id, std::string_view(tag.name), std::string_view(tag.commit)}));
    TRY(session.execute(
        "DELETE FROM git_builds WHERE builder = $1 AND state <> 'waiting' AND id <= COALESCE((SELECT id FROM "
        "git_builds WHERE builder = $1 ORDER BY id DESC LIMIT 1 OFFSET $2), 0)",
        {builder.id, kKeptBuilds}));
    return {};
  });
}

Result<> Builds::set_commit(const Context& ctx, std::int64_t build, std::string_view commit) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(session.execute("UPDATE git_builds SET commit_sha = $2 WHERE id = $1", {build, commit}));
    return {};
  });
}

Result<std::vector<RemoteRef>> Builds::known_tags(const Context& ctx, std::int64_t builder) {
  std::vector<RemoteRef> tags;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    tags.clear();
    return session.query("SELECT tag, commit_sha FROM git_tags WHERE builder = $1 ORDER BY tag", {builder},
                         [&](const Row& row) -> Result<> {
                           tags.push_back({std::string(row.text(0)), std::string(row.text(1))});
                           return {};
                         });
  }));
  return tags;
}

Result<bool> Builds::is_built(const Context& ctx, std::int64_t builder, std::string_view commit) {
  bool built = false;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    built = false;
    return session.query(
        "SELECT state FROM git_builds WHERE builder = $1 AND commit_sha = $2 ORDER BY id DESC LIMIT 1",
        {builder, commit}, [&](const Row& row) -> Result<> {
          built = row.text(0) == name_of(Build::State::succeeded);
          return {};
        });
  }));
  return built;
}

Result<std::int64_t> Builds::end_orphans(const Context& ctx, std::int64_t builder) {
  constexpr std::string_view kOrphans =
      "SELECT b.id, COALESCE(j.error, ''), b.ref, b.commit_sha, COALESCE(j.state, '') FROM git_builds b "
      "LEFT JOIN jobs j ON j.id = b.job WHERE b.builder = $1 AND b.state = 'waiting' "
      "AND (j.id IS NULL OR j.state NOT IN ('waiting', 'running'))";
  struct Orphan {
    std::int64_t id;
    std::string error, ref, commit;
    bool forgotten;
  };
  std::vector<Orphan> all;
  const auto read = [&](Session& session) -> Result<> {
    all.clear();
    return session.query(kOrphans, {builder}, [&](const Row& row) -> Result<> {
      all.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
                     std::string(row.text(3)), false});
      all.back().forgotten = jobs::parse_state(row.text(4)) == jobs::State::failed &&
                             !all.back().error.starts_with(jobs::kNodeLost);
      return {};
    });
  };
  TRY(database_->read(ctx, read));
  if (all.empty()) return 0;
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(read(session));
    for (const auto& one : all) {
      const auto why = one_line(one.error.empty() ? "its job was ended" : one.error, kLongestError);
      TRY(
          session.execute("UPDATE git_builds SET state = 'failed', finished_at = $2, error = CASE WHEN error "
                          "= '' THEN $3 ELSE error END WHERE id = $1",
                          {one.id, micros(clock_->now()), std::string_view(why)}));
      if (one.forgotten) TRY(forget(session, builder, one.ref, one.commit));
    }
    return {};
  }));
  return static_cast<std::int64_t>(all.size());
}

Result<> Builds::note_files(const Context& ctx, const Build& build, const std::vector<BuiltFile>& files) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    bool newer = false;
    TRY(
        session.query("SELECT 1 FROM git_builds WHERE builder = $1 AND id > $2 AND ref = $3 AND ref <> '' "
                      "AND state = 'succeeded' AND commit_sha <> $4 LIMIT 1",
                      {build.builder, build.id, std::string_view(build.ref), std::string_view(build.commit)},
                      [&](const Row&) -> Result<> {
                        newer = true;
                        return {};
                      }));
    if (newer)
      return fail(Errc::invalid_argument, "a newer commit was built",
                  "to have this one nevertheless: granary rerun git-builder --commit-sha");
    for (const auto& file : files)
      TRY(
          session.execute("INSERT INTO git_built_files (build, filename, digest) VALUES ($1, $2, $3) "
                          "ON CONFLICT (build, filename, digest) DO NOTHING",
                          {build.id, std::string_view(file.filename), db::Blob{as_text(file.digest.bytes)}}));
    return {};
  });
}

Result<std::vector<Digest>> Builds::digests_of(const Context& ctx, std::int64_t builder,
                                               std::string_view commit) {
  std::vector<Digest> all;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    all.clear();
    return session.query(
        "SELECT f.digest FROM git_builds b JOIN git_built_files f ON f.build = b.id "
        "WHERE b.builder = $1 AND b.commit_sha = $2",
        {builder, commit}, [&](const Row& row) -> Result<> {
          all.push_back(TRY(to_digest(row.blob(0))));
          return {};
        });
  }));
  return all;
}

Result<> Builds::succeed(const Context& ctx, const Build& build, const Outcome& outcome) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(
        session.execute("UPDATE git_builds SET state = 'succeeded', package = $2, version = $3, "
                        "transaction_number = $4, error = '', finished_at = $5 WHERE id = $1",
                        {build.id, std::string_view(outcome.package), std::string_view(outcome.version),
                         outcome.transaction, micros(clock_->now())}));
    return {};
  });
}

Result<> Builds::note_failure(const Context& ctx, const Build& build, const Error& error, After after) {
  const auto text =
      one_line(error.hint().empty() ? error.message() : error.message() + "; " + error.hint(), kLongestError);
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(session.execute("UPDATE git_builds SET error = $2 WHERE id = $1",
                        {build.id, std::string_view(text)}));
    if (after != After::tried_again)
      TRY(session.execute("UPDATE git_builds SET state = 'failed', finished_at = $2 WHERE id = $1",
                          {build.id, micros(clock_->now())}));
    if (after == After::forgotten) TRY(forget(session, build.builder, build.ref, build.commit));
    return {};
  });
}

Result<bool> Builds::may_order(const Context& ctx, std::int64_t builder, std::string_view commit) {
  bool may = true;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    return session.query(
        "SELECT COUNT(*), COALESCE(MAX(finished_at), 0) FROM git_builds WHERE builder = $1 AND commit_sha = "
        "$2 AND state = 'failed'",
        {builder, commit}, [&](const Row& row) -> Result<> {
          may = clock_->now() >= from_micros(row.integer(1)) + again_after(row.integer(0));
          return {};
        });
  }));
  return may;
}

Result<std::vector<Build>> Builds::list(const Context& ctx, const BuildFilter& filter) {
  std::vector<Build> all;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    TRY(read_builds(
        session,
        "SELECT " GRANARY_BUILD_COLUMNS
        " FROM git_builds b JOIN git_builders r ON r.id = b.builder "
        "WHERE ($1 = 0 OR r.source = $1) AND ($2 = 0 OR b.builder = $2) "
        "ORDER BY b.id DESC LIMIT $3 OFFSET $4",
        {filter.source ? filter.source->value : std::int64_t{0}, filter.builder, filter.limit, filter.offset},
        all));
    for (auto& build : all)
      TRY(session.query("SELECT DISTINCT filename FROM git_built_files WHERE build = $1 ORDER BY filename",
                        {build.id}, [&](const Row& row) -> Result<> {
                          build.files.emplace_back(row.text(0));
                          return {};
                        }));
    return {};
  }));
  return all;
}

}  // namespace granary::build
