#pragma once
/// Projects of mirrored indexes as files of a repository.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/generation.h"
#include "catalog/catalog.h"
#include "catalog/on_demand.h"
#include "python/project.h"
#include "view/made_once.h"
#include "view/own_sources.h"
#include "view/views.h"

namespace granary::view {

inline bool is_index(const model::Pin& pin) noexcept { return pin.type == model::SourceType::pypi; }

/// Safe for concurrent use.
class Projects {
 public:
  /// `on_demand` may be null. `own` outlives it.
  Projects(std::shared_ptr<catalog::Catalog> catalog, OwnSources& own,
           std::shared_ptr<catalog::OnDemand> on_demand, std::size_t cache_bytes);

  /// The pin of the source that gives the project, none when nobody does: the first that has it, in order of
  /// subscription. Of a mirror the pin names the record, for files(); of one's own source the last change of
  /// the project. `fresh` was counted before: what it says is remembered as long as it holds, and longer
  /// while nobody can be asked. Whoever `lacks` it, by the list of names, is not asked.
  Result<std::vector<model::Pin>> owner(const Context&, const Snapshot&, std::string_view project,
                                        const Freshness& fresh,
                                        const std::function<bool(const model::Pin&)>& lacks);

  /// `pin` is of owner(). By version (PEP 440), then by name.
  Result<std::vector<model::FileRecord>> files(const Context&, const model::Pin& pin,
                                               std::string_view project);
  /// The same files as the page shows them, each time from the record. `pin` is of owner().
  Result<ProjectContent> content(const Context&, const model::Pin& pin, std::string_view project);

  /// For each project the newest file of what is known of it, without asking upstream; see newest_file.
  Result<std::vector<std::optional<model::FileRecord>>> newest(const Context&, const model::Pin&,
                                                               const std::vector<std::string>& projects);

 private:
  struct Seen {
    std::uint64_t state = 0;  // of the shard
    model::TxNo record;       // 0: there is none
  };
  Result<model::TxNo> record_of(const Context&, const model::Pin&, std::string_view project,
                                const Freshness&);
  /// Empty when there is none.
  Result<std::string> read_record(const Context&, const model::Pin&, std::string_view project);
  /// Everything that is known of it. Never null.
  Result<std::shared_ptr<const python::Project>> known(const Context&, const model::Pin& pin,
                                                       std::string_view project);
  Result<model::TxNo> read_number(const Context&, const model::Pin&, std::string_view project);
  Result<bool> own(const Context&, const Snapshot&, model::SourceId, std::string_view project,
                   std::vector<model::Pin>& pins) const;

  std::shared_ptr<catalog::Catalog> catalog_;
  OwnSources* own_;
  std::shared_ptr<catalog::OnDemand> on_demand_;
  std::mutex mutex_;
  Lru<Seen> seen_;
  MadeOnce<python::Project> decoded_;
  MadeOnce<std::optional<model::FileRecord>> newest_;
};

/// `number`: what the page says where upstream has no serial.
model::FileRecord file_record(const python::UpstreamFile&, const python::Project&, model::SourceId,
                              model::TxNo number, std::string_view name);

}  // namespace granary::view
