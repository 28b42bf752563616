#include "cluster/nodes.h"

#include <array>

#include "base/text.h"
#include "db/time_column.h"

namespace granary::cluster {
namespace {

using db::from_micros;
using db::micros;

// Not keyed by an id: what is wanted of a node belongs to its name.
constexpr std::string_view kInitial = R"sql(
CREATE TABLE nodes (
  name {text} NOT NULL PRIMARY KEY,
  address TEXT NOT NULL,
  version TEXT NOT NULL,
  role TEXT NOT NULL,
  key_fingerprint TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  heard_at BIGINT NOT NULL,
  online BIGINT NOT NULL,
  running BIGINT NOT NULL,
  stopped BIGINT NOT NULL,
  wanted_online BIGINT NOT NULL
);
)sql";

// Nodes of the version before write neither column. Under the name of a node that told its format such a one
// has another start.
constexpr std::string_view kFormats = R"sql(
ALTER TABLE nodes ADD COLUMN format BIGINT NOT NULL DEFAULT 1;
ALTER TABLE nodes ADD COLUMN format_of_start BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::array<db::Migration, 2> kMigrations = {
    {{"cluster.0001", kInitial}, {"cluster.0002", kFormats}}};

constexpr auto kOfflineForgotten = std::chrono::hours(90 * 24);

State state_of(bool stopped, bool lost, bool online, bool wanted_online, std::int64_t running) {
  if (stopped) return State::stopped;
  if (lost) return State::lost;
  if (online && wanted_online) return State::online;
  return online || running > 0 ? State::draining : State::offline;
}

Listed to_listed(const db::Row& row, Time now) {
  Listed one;
  one.node.name = row.text(0);
  one.node.address = row.text(1);
  one.node.version = row.text(2);
  one.node.role = row.text(3);
  one.node.key = row.text(4);
  one.node.started_at = from_micros(row.integer(5));
  one.heard_at = from_micros(row.integer(6));
  one.running = row.integer(8);
  one.wanted_online = row.integer(10) != 0;
  one.state = state_of(row.integer(9) != 0, now - one.heard_at >= kLostAfter, row.integer(7) != 0,
                       one.wanted_online, one.running);
  return one;
}

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

std::string_view name_of(State state) noexcept {
  switch (state) {
    case State::online:
      return "online";
    case State::draining:
      return "draining";
    case State::offline:
      return "offline";
    case State::stopped:
      return "stopped";
    case State::lost:
      return "lost";
  }
  return "";
}

Result<Heard> Nodes::beat(const Context& ctx, const Node& node, bool online, std::int64_t running) {
  Heard heard;
  const Time now = clock_->now();
  TRY(database_->write_aside(ctx, [&](db::Session& session) -> Result<> {
    heard = {.wanted_online = true, .format = node.format};
    TRY(session.query(
        "INSERT INTO nodes (name, address, version, role, key_fingerprint, started_at, heard_at, online, "
        "running, stopped, wanted_online, format, format_of_start) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 1, $10, $6) "
        "ON CONFLICT (name) DO UPDATE SET address = excluded.address, version = excluded.version, "
        "role = excluded.role, key_fingerprint = excluded.key_fingerprint, "
        "started_at = excluded.started_at, heard_at = excluded.heard_at, online = excluded.online, "
        "running = excluded.running, stopped = 0, format = excluded.format, "
        "format_of_start = excluded.format_of_start RETURNING wanted_online",
        {std::string_view(node.name), std::string_view(node.address), std::string_view(node.version),
         std::string_view(node.role), std::string_view(node.key), micros(node.started_at), micros(now),
         std::int64_t{online}, running, node.format},
        [&](const db::Row& row) -> Result<> {
          heard.wanted_online = row.integer(0) != 0;
          return {};
        }));
    return session.query(
        "SELECT MIN(CASE WHEN format_of_start = started_at THEN format ELSE 1 END) FROM nodes "
        "WHERE stopped = 0 AND heard_at > $1",
        {micros(now - kLostAfter)}, [&](const db::Row& row) -> Result<> {
          if (!row.is_null(0)) heard.format = row.integer(0);
          return {};
        });
  }));
  return heard;
}

Result<std::optional<bool>> Nodes::wanted_online(const Context& ctx, std::string_view name) {
  std::optional<bool> wanted;
  TRY(database_->read(ctx, [&](db::Session& session) {
    wanted.reset();
    return session.query("SELECT wanted_online FROM nodes WHERE name = $1", {name},
                         [&](const db::Row& row) -> Result<> {
                           wanted = row.integer(0) != 0;
                           return {};
                         });
  }));
  return wanted;
}

Result<> Nodes::stopped(const Context& ctx, std::string_view name) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(session.execute("UPDATE nodes SET stopped = 1, running = 0, heard_at = $2 WHERE name = $1",
                        {name, micros(clock_->now())}));
    return {};
  });
}

Result<> Nodes::want(const Context& ctx, std::span<const std::string> names, bool online) {
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    std::vector<std::string> unknown;
    for (const auto& name : names) {
      const auto changed = TRY(session.execute("UPDATE nodes SET wanted_online = $2 WHERE name = $1",
                                               {std::string_view(name), std::int64_t{online}}));
      if (changed == 0) unknown.push_back("'" + name.substr(0, 80) + "'");
    }
    if (!unknown.empty())
      return fail(Errc::not_found, "no node named " + join(unknown, ", "),
                  "list what there is with: granary cluster nodes");
    session.announce(kNodesTopic);
    return {};
  });
}

Result<std::vector<Listed>> Nodes::list(const Context& ctx) {
  std::vector<Listed> all;
  const auto now = clock_->now();
  TRY(database_->read(ctx, [&](db::Session& session) {
    all.clear();
    return session.query(
        "SELECT name, address, version, role, key_fingerprint, started_at, heard_at, online, running, "
        "stopped, wanted_online FROM nodes ORDER BY name",
        {}, [&](const db::Row& row) -> Result<> {
          all.push_back(to_listed(row, now));
          return {};
        });
  }));
  return all;
}

Result<> Nodes::forget(const Context& ctx, std::chrono::hours age) {
  const Time before = clock_->now() - age;
  return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
    TRY(session.execute("DELETE FROM nodes WHERE (wanted_online = 1 AND heard_at < $1) OR heard_at < $2",
                        {micros(before), micros(before - kOfflineForgotten)}));
    return {};
  });
}

}  // namespace granary::cluster
