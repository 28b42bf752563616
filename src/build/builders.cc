#include "build/builders.h"

#include <algorithm>

#include "base/json.h"
#include "base/one_line.h"
#include "base/text.h"
#include "db/time_column.h"
#include "jobs/queue.h"
#include "jobs/rows.h"

namespace granary::build {
namespace {

using db::from_micros;
using db::micros;
using db::Row;
using db::Session;

constexpr std::string_view kKind = "build";
constexpr std::int64_t kPriority = 6;  // somebody may wait; builds are short
constexpr std::size_t kLongestProblem = 1000;
constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(1);

#define GRANARY_BUILDER_COLUMNS                                                                  \
  "id, source, name, url, branch, build_trigger, credential, sub_dir, submodules, clone_depth, " \
  "package, head, problem, looked_at, created_at, tags_seen, look_pause"

Result<Builder> to_builder(const Row& row) {
  Builder out;
  out.id = row.integer(0);
  out.source = {row.integer(1)};
  out.name = row.text(2);
  out.url = row.text(3);
  out.branch = row.text(4);
  const auto trigger = parse_trigger(row.text(5));
  if (!trigger)
    return fail(Errc::corrupt, "the database holds a builder that this version does not know",
                "a newer version wrote it: upgrade this server");
  out.trigger = *trigger;
  out.credential = row.text(6);
  out.sub_dir = row.text(7);
  out.submodules = row.integer(8);
  out.clone_depth = row.integer(9);
  out.package = row.text(10);
  out.head = row.text(11);
  out.problem = row.text(12);
  if (row.integer(13) != 0) out.looked_at = from_micros(row.integer(13));
  out.created_at = from_micros(row.integer(14));
  out.tags_seen = row.integer(15) != 0;
  out.look_pause = std::chrono::milliseconds(row.integer(16) / 1000);
  return out;
}

Result<std::optional<Builder>> one(Session& session, std::string_view sql,
                                   std::initializer_list<db::Value> values) {
  std::optional<Builder> found;
  TRY(session.query(sql, values, [&](const Row& row) -> Result<> {
    found = TRY(to_builder(row));
    return {};
  }));
  return found;
}

Result<Builder> named(Session& session, model::SourceId source, std::string_view name) {
  auto found = TRY(
      one(session, "SELECT " GRANARY_BUILDER_COLUMNS " FROM git_builders WHERE source = $1 AND name_key = $2",
          {source.value, std::string_view(lower(name))}));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "no builder of the source is named '" + std::string(name.substr(0, 80)) + "'",
              "list them with: granary list git-builders");
}

}  // namespace

jobs::JobSpec build_job(const Builder& builder, const Order& order, std::int64_t retries) {
  JsonWriter json;
  json.begin_object();
  json.member("builder", builder.id);
  json.member("name", builder.name);  // for who reads the list of jobs
  if (!order.tag.empty()) json.member("tag", order.tag);
  if (!order.commit.empty()) json.member("commit", order.commit);
  if (order.again) json.member("again", true);
  if (order.rest_of != 0) json.member("rest_of", order.rest_of);
  json.end_object();
  jobs::JobSpec spec;
  spec.kind = kKind;
  spec.arguments = std::move(json).take();
  spec.key = std::to_string(builder.id);
  if (!order.tag.empty()) spec.key += " tag " + order.tag;
  if (!order.commit.empty()) spec.key += " commit " + order.commit;
  if (order.again) spec.key += " again";
  if (order.rest_of != 0) spec.key += " rest of " + std::to_string(order.rest_of);
  spec.source = builder.source.value;
  spec.priority = kPriority;
  spec.max_attempts = retries + 2;
  return spec;
}

Result<Order> parse_order(std::string_view arguments) {
  const auto json = TRY(Json::parse(arguments));
  Order order;
  order.builder = json["builder"].integer().value_or(0);
  order.tag = json["tag"].string().value_or("");
  order.commit = json["commit"].string().value_or("");
  order.again = json["again"].boolean().value_or(false);
  order.rest_of = json["rest_of"].integer().value_or(0);
  if (order.builder == 0)
    return fail(Errc::invalid_argument, "the job names no builder", "run the builder again");
  if (!order.tag.empty()) TRY(check_ref(order.tag));
  if (!order.commit.empty()) TRY(check_commit(order.commit));
  return order;
}

Result<Builders::Created> Builders::create(const Context& ctx, Builder builder) {
  TRY(check(builder));
  Created made;
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    made = {builder, 0};
    const auto there = TRY(one(
        session, "SELECT " GRANARY_BUILDER_COLUMNS " FROM git_builders WHERE source = $1 AND name_key = $2",
        {builder.source.value, std::string_view(lower(builder.name))}));
    if (there)
      return fail(Errc::conflict, "the source has a builder named '" + there->name + "' already",
                  "choose another name, or change that one with: granary edit git-builder");
    made.builder.created_at = clock_->now();
    const auto now = micros(made.builder.created_at);
    // Looked at just now: the job does it.
    TRY(session.query(
        "INSERT INTO git_builders (source, name, name_key, url, branch, build_trigger, credential, sub_dir, "
        "submodules, clone_depth, package, head, problem, looked_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', $11, $11) RETURNING id",
        {builder.source.value, std::string_view(builder.name), std::string_view(lower(builder.name)),
         std::string_view(builder.url), std::string_view(builder.branch), name_of(builder.trigger),
         std::string_view(builder.credential), std::string_view(builder.sub_dir), builder.submodules,
         builder.clone_depth, now},
        [&](const Row& row) -> Result<> {
          made.builder.id = row.integer(0);
          return {};
        }));
    made.builder.looked_at = made.builder.created_at;
    made.job =
        TRY(jobs::submit(session, build_job(made.builder, {made.builder.id}, retries_), clock_->now()));
    return {};
  }));
  return made;
}

Result<Builder> Builders::edit(const Context& ctx, model::SourceId source, std::string_view name,
                               const BuilderChange& change) {
  Builder out;
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    out = TRY(named(session, source, name));
    const auto before = out;
    const auto set = [](auto& member, const auto& wanted) {
      if (wanted) member = *wanted;
    };
    set(out.url, change.url);
    set(out.branch, change.branch);
    set(out.credential, change.credential);
    set(out.sub_dir, change.sub_dir);
    set(out.submodules, change.submodules);
    set(out.clone_depth, change.clone_depth);
    TRY(check(out));
    if (out.url != before.url || out.branch != before.branch || out.credential != before.credential)
      out.looked_at.reset();
    TRY(session.execute(
        "UPDATE git_builders SET url = $2, branch = $3, credential = $4, sub_dir = $5, submodules = $6, "
        "clone_depth = $7, looked_at = $8, look_pause = CASE WHEN $8 = 0 THEN 0 ELSE look_pause END "
        "WHERE id = $1",
        {out.id, std::string_view(out.url), std::string_view(out.branch), std::string_view(out.credential),
         std::string_view(out.sub_dir), out.submodules, out.clone_depth,
         out.looked_at ? micros(*out.looked_at) : std::int64_t{0}}));
    return {};
  }));
  return out;
}

Result<> Builders::remove(const Context& ctx, model::SourceId source, std::string_view name) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    const auto found = TRY(named(session, source, name));
    TRY(session.execute("DELETE FROM git_builders WHERE id = $1", {found.id}));
    return {};
  });
}

Result<Builder> Builders::find(const Context& ctx, model::SourceId source, std::string_view name) {
  Builder out;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    out = TRY(named(session, source, name));
    return {};
  }));
  return out;
}

Result<Builder> Builders::get(const Context& ctx, std::int64_t id) {
  std::optional<Builder> found;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    found = TRY(one(session, "SELECT " GRANARY_BUILDER_COLUMNS " FROM git_builders WHERE id = $1", {id}));
    return {};
  }));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "the builder was deleted", "list them with: granary list git-builders");
}

Result<std::vector<Builder>> Builders::list(const Context& ctx, std::optional<model::SourceId> source) {
  std::vector<Builder> all;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    all.clear();
    return session.query("SELECT " GRANARY_BUILDER_COLUMNS
                         " FROM git_builders WHERE $1 = 0 OR source = $1 ORDER BY source, name_key",
                         {source ? source->value : std::int64_t{0}}, [&](const Row& row) -> Result<> {
                           all.push_back(TRY(to_builder(row)));
                           return {};
                         });
  }));
  return all;
}

Result<std::int64_t> Builders::order(const Context& ctx, const Builder& builder, const Order& order) {
  const auto spec = build_job(builder, order, retries_);
  TRY(parse_order(spec.arguments));
  std::int64_t id = 0;
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    id = TRY(jobs::submit(session, spec, clock_->now()));
    return {};
  }));
  return id;
}

Result<> Builders::order_rest(const Context& ctx, const Builder& builder, std::int64_t job,
                              std::span<const Build> builds) {
  Order order;
  order.builder = builder.id;
  order.rest_of = job;
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    const auto id = TRY(jobs::submit(session, build_job(builder, order, retries_), clock_->now()));
    for (const auto& build : builds)
      TRY(session.execute("UPDATE git_builds SET job = $2 WHERE id = $1 AND state = 'waiting'",
                          {build.id, id}));
    return {};
  });
}

Result<std::int64_t> Builders::claim_building(const Context& ctx, std::int64_t builder, std::int64_t job) {
  std::int64_t holder = 0;
  const auto read_holder = [&](const Row& row) -> Result<> {
    holder = row.integer(0);
    return {};
  };
  // Who waits for another job asks again and again, which must not keep writers waiting.
  TRY(database_->read(ctx, [&](Session& session) {
    holder = 0;
    return session.query(
        "SELECT b.building FROM git_builders b JOIN jobs j ON j.id = b.building "
        "WHERE b.id = $1 AND b.building <> $2 AND j.state = 'running' AND j.lease_until > $3",
        {builder, job, micros(clock_->now())}, read_holder);
  }));
  if (holder != 0) return holder;
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    holder = 0;
    TRY(session.execute(
        "UPDATE git_builders SET building = $2 WHERE id = $1 AND building <> $2 AND NOT EXISTS "
        "(SELECT 1 FROM jobs WHERE jobs.id = git_builders.building AND jobs.state = 'running' "
        "AND jobs.lease_until > $3)",
        {builder, job, micros(clock_->now())}));
    return session.query("SELECT building FROM git_builders WHERE id = $1", {builder}, read_holder);
  }));
  return holder;
}

Result<bool> Builders::is_due(const Context& ctx, std::chrono::milliseconds interval) {
  const auto until = micros(clock_->now() - interval);
  bool due = false;
  TRY(database_->read(ctx, [&](Session& session) -> Result<> {
    due = false;
    return session.query(
        "SELECT id FROM git_builders WHERE looked_at <= $1 AND looked_at + look_pause <= $1 "
        "LIMIT 1",
        {until}, [&](const Row&) -> Result<> {
          due = true;
          return {};
        });
  }));
  return due;
}

Result<std::optional<Builder>> Builders::claim_due(const Context& ctx, std::chrono::milliseconds interval) {
  std::optional<Builder> claimed;
  if (!TRY(is_due(ctx, interval))) return claimed;
  const auto now = clock_->now();
  const auto until = micros(now - interval);
  TRY(database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    // The time is asked twice, so that of two nodes the second finds that it is late.
    claimed = TRY(one(session,
                      "UPDATE git_builders SET looked_at = $1 WHERE looked_at + look_pause <= $2 AND id = "
                      "(SELECT id FROM git_builders WHERE looked_at <= $2 AND looked_at + look_pause <= $2 "
                      "ORDER BY CASE WHEN look_pause = 0 THEN 0 ELSE 1 END, looked_at, id LIMIT 1) "
                      "RETURNING " GRANARY_BUILDER_COLUMNS,
                      {micros(now), until}));
    return {};
  }));
  return claimed;
}

Result<> Builders::note_look(const Context& ctx, std::int64_t id, std::string_view problem) {
  const auto text = one_line(problem, kLongestProblem);
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(
        session.execute("UPDATE git_builders SET looked_at = $2, problem = $3, "
                        "look_pause = CASE WHEN $3 = '' THEN 0 ELSE look_pause END WHERE id = $1",
                        {id, micros(clock_->now()), std::string_view(text)}));
    return {};
  });
}

Result<> Builders::pause(const Context& ctx, const Builder& builder, std::chrono::milliseconds interval) {
  const auto wait = std::min((builder.look_pause + interval) * 2, std::max(kLongestWait, interval));
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(session.execute("UPDATE git_builders SET look_pause = $2 WHERE id = $1",
                        {builder.id, std::chrono::microseconds(wait - interval).count()}));
    return {};
  });
}

Result<> Builders::note_good_look(const Context& ctx, std::int64_t id) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    // As of_node() begins.
    TRY(
        session.execute("UPDATE git_builders SET looked_at = $2, look_pause = 0, problem = CASE WHEN "
                        "problem LIKE 'node %' AND EXISTS (SELECT 1 FROM jobs WHERE jobs.kind = $3 AND "
                        "jobs.state = 'waiting' AND jobs.source = git_builders.source AND "
                        "jobs.error LIKE 'node %') THEN problem ELSE '' END WHERE id = $1",
                        {id, micros(clock_->now()), kKind}));
    return {};
  });
}

Result<> Builders::claim_package(const Context& ctx, const Builder& builder, std::string_view package) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    std::string own, other;
    TRY(session.query(
        "SELECT id, name, package FROM git_builders WHERE source = $1 AND (id = $2 OR package = $3)",
        {builder.source.value, builder.id, package}, [&](const Row& row) -> Result<> {
          (row.integer(0) == builder.id ? own : other) =
              row.integer(0) == builder.id ? row.text(2) : row.text(1);
          return {};
        }));
    if (!own.empty() && own != package)
      return fail(Errc::invalid_argument,
                  "the builder makes the package '" + own + "', and the repository has '" +
                      std::string(package.substr(0, 80)) + "' now",
                  "make another builder for it");
    if (!other.empty())
      return fail(Errc::invalid_argument,
                  "the package '" + std::string(package.substr(0, 80)) + "' is made by the builder '" +
                      other + "' of the same source",
                  "delete one of the two, or build into another source");
    TRY(session.execute("UPDATE git_builders SET package = $2 WHERE id = $1 AND package <> $2",
                        {builder.id, package}));
    return {};
  });
}

}  // namespace granary::build
