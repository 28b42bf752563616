#pragma once
/// The nodes that share a database: who they are, when each was last heard, and whether it is to work. What
/// is wanted of a node is kept under its name, so that it outlives the node's restarts.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "db/database.h"

namespace granary::cluster {

/// The topic of db::Database::on_change that says: another state is wanted of some node.
inline constexpr std::int64_t kNodesTopic = -4;

/// A node is taken for lost when it was not heard for so long.
inline constexpr auto kLostAfter = std::chrono::seconds(45);

enum class State : std::uint8_t {
  online,    // works
  draining,  // is to be offline, and still runs jobs
  offline,   // answers 503 to /__ping__, runs nothing: safe to stop
  stopped,   // ended in good order
  lost,      // was not heard for kLostAfter
};
std::string_view name_of(State state) noexcept;

/// What nodes write for each other to read. It grows by one with what a node of the version before would not
/// understand, and is used when no such node works any more (docs/adr/0028):
///   2  sealed objects of version 2 (blob/s3/envelope.h); marks of the collector (catalog/removals.h)
inline constexpr std::int64_t kFormat = 2;

/// What a node tells about itself.
struct Node {
  std::string name;     // unique in the cluster
  std::string address;  // "host:4242"
  std::string version;
  std::string role;  // "all", "web", "worker"
  std::string key;   // fingerprint of its encryption key; empty: none
  Time started_at{};
  std::int64_t format = kFormat;  // the newest that it understands
};

/// What a node hears when it tells that it lives.
struct Heard {
  bool wanted_online = true;
  std::int64_t format = 1;  // the newest that every node understands that is neither stopped nor lost
  bool operator==(const Heard&) const = default;
};

/// A row of the list.
struct Listed {
  Node node;
  bool wanted_online = true;
  State state = State::online;
  std::int64_t running = 0;  // jobs
  Time heard_at{};
};

/// Safe for concurrent use.
class Nodes {
 public:
  Nodes(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock)
      : database_(std::move(database)), clock_(std::move(clock)) {}

  /// Stores what `node` is and does (`online`: as it behaves by now). One that was never heard of is wanted
  /// online.
  Result<Heard> beat(const Context&, const Node& node, bool online, std::int64_t running);
  /// The same without writing, for a database that takes no writes. Absent: never heard of.
  Result<std::optional<bool>> wanted_online(const Context&, std::string_view name);
  /// The last word of a node that ends.
  Result<> stopped(const Context&, std::string_view name);

  /// What is wanted of `names` from now on; every node hears it within a second. Errc::not_found names the
  /// ones that there are not, and nothing changes.
  Result<> want(const Context&, std::span<const std::string> names, bool online);

  /// By name.
  Result<std::vector<Listed>> list(const Context&);
  /// Removes nodes that are wanted online and were not heard for `age`: pods get new names. Of those that are
  /// wanted offline what is older by three months.
  Result<> forget(const Context&, std::chrono::hours age);

 private:
  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
};

std::span<const db::Migration> migrations();

}  // namespace granary::cluster
