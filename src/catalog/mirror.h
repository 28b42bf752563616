#pragma once
/// What is known of upstreams. See docs/adr/0007-mirrors.md.
///
/// A mirrored package is one record: everything that is known of it, all versions with their dates, encoded
/// by the ecosystem (r/history.h, python/project.h). A record is an interval of transactions, as a file of
/// one's own is, so that what this server knew at a number stays readable. What upstream had on a *day* is
/// worked out from the dates within the record.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/types.h"

namespace granary::catalog {

struct MirrorRecord {
  /// Trees of R packages are apart: "src/contrib", "bin/windows/contrib/4.5",
  /// "packages/3.22/bioc/src/contrib". Python: "".
  std::string tree;
  std::string package;  // R: as is. Python: normalised (PEP 503)
  std::string bytes;
  model::TxNo added_in;
  std::optional<model::TxNo> gone_in;
};
using EachRecord = std::function<Result<>(const MirrorRecord&)>;

/// A name of an upstream's list of projects.
struct UpstreamName {
  std::string name;   // normalised
  std::string shown;  // as upstream spells it
  std::int64_t serial = 0;
};
using EachName = std::function<Result<>(const UpstreamName&)>;

/// Bytes that were fetched: an immutable fact about a model::Origin::key of a source.
struct HeldFile {
  std::string key;
  Digest blob;
  std::uint64_t size = 0;
  std::string md5;  // hex
  Time fetched_at{}, used_at{};
};

/// The rules of ReadView hold.
class MirrorReads {
 public:
  virtual ~MirrorReads() = default;

  /// The last transaction of the source that changed anything about upstream's history before `until`.
  virtual Result<model::TxNo> last_affecting(model::SourceId, Time until) = 0;

  /// The newest record (gone_in says when it ended, if so); with `at`, the one of that moment, else the first
  /// that came later (a project that was fetched on demand afterwards); absent when there is none.
  virtual Result<std::optional<MirrorRecord>> record(model::SourceId, std::string_view tree,
                                                     std::string_view package,
                                                     std::optional<model::TxNo> at) = 0;
  /// Every record of a tree visible at `at`, by package. Streams.
  virtual Result<> for_each_record(model::SourceId, std::string_view tree, model::TxNo at,
                                   const EachRecord& each) = 0;
  /// Those of (after, upto]: records that begin there and are visible at `upto`, and, with gone_in set, those
  /// that end there with no successor visible at `upto`.
  virtual Result<> for_each_change(model::SourceId, std::string_view tree, model::TxNo after,
                                   model::TxNo upto, const EachRecord& each) = 0;
  /// Trees with a record, ended or not, sorted.
  virtual Result<std::vector<std::string>> trees(model::SourceId) = 0;

  /// Names visible at `at`, sorted. Streams.
  virtual Result<> for_each_name(model::SourceId, model::TxNo at, const EachName& each) = 0;
  virtual Result<std::optional<UpstreamName>> find_name(model::SourceId, std::string_view name) = 0;
  /// Mirrors whose upstream has a package of that name now, sorted: of Python by its list of projects, of R
  /// by any tree of sources, Bioconductor's too. One statement.
  virtual Result<std::vector<model::SourceId>> mirrors_with(model::Ecosystem, std::string_view package) = 0;

  virtual Result<std::optional<HeldFile>> held(model::SourceId, std::string_view key) = 0;
  /// By key, after `after`.
  virtual Result<std::vector<HeldFile>> held_files(model::SourceId, std::string_view after,
                                                   std::uint32_t limit) = 0;

  /// A cursor or a note of the mirror (etag, last sync, last error); empty when there is none.
  virtual Result<std::string> state(model::SourceId, std::string_view key) = 0;
  virtual Result<std::vector<std::pair<std::string, std::string>>> states(model::SourceId) = 0;
};

/// The rules of WriteView hold.
class MirrorWrites {
 public:
  virtual ~MirrorWrites() = default;

  /// A transaction of the source. `affects_from`: the first moment of upstream's history that it changes
  /// anything about; days before it keep their state, and their rendered bodies.
  virtual Result<model::TxNo> begin_sync(model::SourceId, model::TxKind, Time affects_from,
                                         std::string_view actor, std::string_view comment) = 0;
  /// A number that is no transaction of the source, for records that are fetched on demand: `latest` and days
  /// show the newest record anyway, so nothing else of the source becomes stale.
  virtual Result<model::TxNo> take_number() = 0;

  /// Ends the record that is there. `in` is of begin_sync() or take_number() in the same call. Several trees
  /// may have a package of that name.
  virtual Result<> put_record(model::SourceId, std::string_view tree, std::string_view package,
                              std::string_view bytes, model::TxNo in) = 0;
  virtual Result<> end_record(model::SourceId, std::string_view tree, std::string_view package,
                              model::TxNo in) = 0;
  /// After the commit every node hears that a record of this project changed (project_topic).
  virtual void announce_project(model::SourceId, std::string_view project) = 0;

  /// Adds what is new and sets the serial of what is known, without history.
  virtual Result<> put_names(model::SourceId, const std::vector<UpstreamName>& names, model::TxNo in) = 0;
  virtual Result<> end_name(model::SourceId, std::string_view name, model::TxNo in) = 0;

  /// Errc::not_found when the collector removes the bytes, or did: catalog/removals.h.
  virtual Result<> hold(model::SourceId, const HeldFile& file) = 0;
  virtual Result<> set_used(model::SourceId, std::string_view key, Time at) = 0;
  virtual Result<> forget(model::SourceId, std::string_view key) = 0;
  virtual Result<> set_state(model::SourceId, std::string_view key, std::string_view value) = 0;
  /// Everything that is known of upstream: records, names, state. Held files stay. After the commit every
  /// node hears it (cleared_topic).
  virtual Result<> clear_mirror(model::SourceId) = 0;
};

/// Projects of a source share a few topics, so that a change of one makes few pages stale and counts cost
/// nothing. A topic: the source's id in the lower 40 bits, above it the shard plus one.
inline constexpr std::size_t kProjectShards = 1024;
std::size_t project_shard(std::string_view project) noexcept;
std::int64_t project_topic(model::SourceId source, std::string_view project) noexcept;
struct ProjectTopic {
  model::SourceId source;
  std::size_t shard;
};
std::optional<ProjectTopic> parse_project_topic(std::int64_t topic) noexcept;

/// The source was cleared: who remembers anything of it forgets.
std::int64_t cleared_topic(model::SourceId source) noexcept;
std::optional<model::SourceId> parse_cleared_topic(std::int64_t topic) noexcept;

}  // namespace granary::catalog
