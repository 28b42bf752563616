#pragma once
/// The builders of sources of type git and git-python, in the database. Passes its tests on every database.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "build/builder.h"
#include "db/database.h"
#include "jobs/job.h"

namespace granary::build {

/// What shall become another; absent: as it is.
struct BuilderChange {
  std::optional<std::string> url{}, branch{}, credential{}, sub_dir{};
  std::optional<std::int64_t> submodules{}, clone_depth{};
};

/// What a build job is to do: to look for what is new, or to build one tag or commit whether it is or not.
struct Order {
  std::int64_t builder = 0;
  std::string tag{}, commit{};
  bool again = false;        // what was built is built again
  std::int64_t rest_of = 0;  // a job that had more to build than one turn may: its other builds
};
/// One at a time of the same order in the cluster. `retries`: how often a failed one is tried again; one
/// attempt more is for a node that dies.
jobs::JobSpec build_job(const Builder& builder, const Order& order, std::int64_t retries);
Result<Order> parse_order(std::string_view arguments);

/// Safe for concurrent use.
class Builders {
 public:
  Builders(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock, std::int64_t retries)
      : database_(std::move(database)), clock_(std::move(clock)), retries_(retries) {}

  struct Created {
    Builder builder;
    std::int64_t job = 0;  // builds what is there now
  };
  /// Checked by build::check(). Errc::conflict when the source has one of that name.
  Result<Created> create(const Context&, Builder builder);
  /// Errc::not_found as all that name one. Another URL or branch is looked at soon.
  Result<Builder> edit(const Context&, model::SourceId, std::string_view name, const BuilderChange&);
  /// What it built stays.
  Result<> remove(const Context&, model::SourceId, std::string_view name);
  Result<Builder> find(const Context&, model::SourceId, std::string_view name);
  Result<Builder> get(const Context&, std::int64_t id);
  /// Of a source, or of all: by name.
  Result<std::vector<Builder>> list(const Context&, std::optional<model::SourceId>);

  /// Submits a build job: the id of it, or of the same one that waits or runs.
  Result<std::int64_t> order(const Context&, const Builder&, const Order&);

  /// Another job for builds of `job` that its turn does not come to.
  Result<> order_rest(const Context&, const Builder&, std::int64_t job, std::span<const Build> builds);
  /// Which job builds for the builder from now on: `job`, or another one that runs. Its lease is the claim's.
  /// While another one's lease holds this only reads.
  Result<std::int64_t> claim_building(const Context&, std::int64_t builder, std::int64_t job);

  /// One that nobody has looked at for `interval` and its pause: it is the caller's from now on. Those
  /// without a pause come first. Absent: none is due.
  Result<std::optional<Builder>> claim_due(const Context&, std::chrono::milliseconds interval);
  /// Whether claim_due() would find one.
  Result<bool> is_due(const Context&, std::chrono::milliseconds interval);
  /// How the look went; empty: well.
  Result<> note_look(const Context&, std::int64_t id, std::string_view problem);
  /// After a look that failed: until the next goes well the time between two doubles, to an hour.
  Result<> pause(const Context&, const Builder&, std::chrono::milliseconds interval);
  /// Its problem and its pause are over; but what a node lacks is one while jobs of the source wait for a
  /// node that does not.
  Result<> note_good_look(const Context&, std::int64_t id);
  /// The first package that a builder makes is its own. Errc::invalid_argument when it made another before,
  /// or another builder of the source makes it.
  Result<> claim_package(const Context&, const Builder&, std::string_view package);

 private:
  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
  std::int64_t retries_;
};

std::span<const db::Migration> migrations();

}  // namespace granary::build
