#pragma once
/// The SQL behind MirrorReads.

#include "catalog/mirror.h"
#include "db/database.h"

namespace granary::catalog {

/// The session outlives it.
class MirrorQueries final : public MirrorReads {
 public:
  explicit MirrorQueries(db::Session& session) : session_(&session) {}

  Result<model::TxNo> last_affecting(model::SourceId source, Time until) override;
  Result<std::optional<MirrorRecord>> record(model::SourceId source, std::string_view tree,
                                             std::string_view package,
                                             std::optional<model::TxNo> at) override;
  Result<> for_each_record(model::SourceId source, std::string_view tree, model::TxNo at,
                           const EachRecord& each) override;
  Result<> for_each_change(model::SourceId source, std::string_view tree, model::TxNo after, model::TxNo upto,
                           const EachRecord& each) override;
  Result<std::vector<std::string>> trees(model::SourceId source) override;
  Result<> for_each_name(model::SourceId source, model::TxNo at, const EachName& each) override;
  Result<std::optional<UpstreamName>> find_name(model::SourceId source, std::string_view name) override;
  Result<std::vector<model::SourceId>> mirrors_with(model::Ecosystem ecosystem,
                                                    std::string_view package) override;
  Result<std::optional<HeldFile>> held(model::SourceId source, std::string_view key) override;
  Result<std::vector<HeldFile>> held_files(model::SourceId source, std::string_view after,
                                           std::uint32_t limit) override;
  Result<std::string> state(model::SourceId source, std::string_view key) override;
  Result<std::vector<std::pair<std::string, std::string>>> states(model::SourceId source) override;

 private:
  db::Session* session_;
};

}  // namespace granary::catalog
