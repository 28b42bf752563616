#pragma once
/// What was built, and what is to be, in the database. A commit that a build is ordered for is remembered
/// with the order, so that no other order comes of it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "build/builder.h"
#include "build/remote_refs.h"
#include "db/database.h"

namespace granary::build {

/// The newest are kept, for each builder.
inline constexpr std::int64_t kKeptBuilds = 1000;

struct BuiltFile {
  std::string filename;
  Digest digest;
};

/// What a build came to.
struct Outcome {
  std::string package{}, version{};
  std::int64_t transaction = 0;
};

/// Which to list, the newest first.
struct BuildFilter {
  std::optional<model::SourceId> source{};
  std::int64_t builder = 0;  // 0: every
  std::int64_t limit = 100, offset = 0;
};

/// Safe for concurrent use.
class Builds {
 public:
  Builds(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock)
      : database_(std::move(database)), clock_(std::move(clock)) {}

  /// Those that a job has ordered and not ended: where a turn goes on after a node died.
  Result<std::vector<Build>> open(const Context&, std::int64_t job);
  /// Orders `wanted` for the job, named as Build::ref; from then on head and tags are known.
  struct Plan {
    std::vector<RemoteRef> wanted{};
    std::string head{};             // empty: as it was
    std::vector<RemoteRef> tags{};  // names without refs/tags/
    bool tags_seen = false;         // Builder::tags_seen from now on
  };
  Result<> order(const Context&, const Builder&, std::int64_t job, const Plan&);
  /// Of an order that named a branch that has moved since, or a commit by its first digits.
  Result<> set_commit(const Context&, std::int64_t build, std::string_view commit);
  /// Tags for which a build was ordered, or that were there before the builder.
  Result<std::vector<RemoteRef>> known_tags(const Context&, std::int64_t builder);
  /// Whether the last build of the commit went well; false too when there was none.
  Result<bool> is_built(const Context&, std::int64_t builder, std::string_view commit);

  /// Builds that wait for jobs that are over have failed with them; how many it were. Their commits are
  /// found anew, unless the job was cancelled, or its nodes died of it, perhaps.
  Result<std::int64_t> end_orphans(const Context&, std::int64_t builder);

  /// To be called before they are published: what is there with these bytes comes from the commit.
  /// Errc::invalid_argument when a newer commit of its branch or tag was published already.
  Result<> note_files(const Context&, const Build&, const std::vector<BuiltFile>&);
  /// Of every build of the commit by this builder.
  Result<std::vector<Digest>> digests_of(const Context&, std::int64_t builder, std::string_view commit);

  Result<> succeed(const Context&, const Build&, const Outcome&);
  /// By its job; `forgotten`: it is none of the build's own, so a later look finds the commit anew.
  enum class After : std::uint8_t { tried_again, over, forgotten };
  Result<> note_failure(const Context&, const Build&, const Error&, After after);
  /// False while it is too early to order the commit again whose builds were given up.
  Result<bool> may_order(const Context&, std::int64_t builder, std::string_view commit);

  Result<std::vector<Build>> list(const Context&, const BuildFilter&);

 private:
  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
};

}  // namespace granary::build
