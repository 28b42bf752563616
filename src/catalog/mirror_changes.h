#pragma once
/// The SQL behind MirrorWrites.

#include <string>
#include <vector>

#include "catalog/mirror.h"
#include "db/database.h"

namespace granary::catalog {

class Changing;

/// Part of one Changing, which outlives it.
class MirrorChanges final : public MirrorWrites {
 public:
  MirrorChanges(db::WriteSession& session, Changing& whole) : session_(&session), whole_(&whole) {}

  Result<model::TxNo> begin_sync(model::SourceId source, model::TxKind kind, Time affects_from,
                                 std::string_view actor, std::string_view comment) override;
  Result<model::TxNo> take_number() override;
  Result<> put_record(model::SourceId source, std::string_view tree, std::string_view package,
                      std::string_view bytes, model::TxNo in) override;
  Result<> end_record(model::SourceId source, std::string_view tree, std::string_view package,
                      model::TxNo in) override;
  void announce_project(model::SourceId source, std::string_view project) override;
  Result<> put_names(model::SourceId source, const std::vector<UpstreamName>& names, model::TxNo in) override;
  Result<> end_name(model::SourceId source, std::string_view name, model::TxNo in) override;
  Result<> hold(model::SourceId source, const HeldFile& file) override;
  Result<> set_used(model::SourceId source, std::string_view key, Time at) override;
  Result<> forget(model::SourceId source, std::string_view key) override;
  Result<> set_state(model::SourceId source, std::string_view key, std::string_view value) override;
  Result<> clear_mirror(model::SourceId source) override;

 private:
  Result<> put_some_names(model::SourceId source, std::span<const UpstreamName> names, model::TxNo in);

  db::WriteSession* session_;
  Changing* whole_;
};

}  // namespace granary::catalog
