#include "mirror/clear.h"

#include "catalog/mirror_keys.h"

namespace granary::mirror {

Result<> clear(const Parts& parts, const Context& ctx, model::SourceId id) {
  TRY(mirror_source(parts, ctx, id));
  return parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    auto& mirror = view.mirroring();
    TRY(mirror.clear_mirror(id));
    const auto number = TRY(mirror.begin_sync(id, model::TxKind::sync, Time{}, "clear", "cleared"));
    return mirror.set_state(id, catalog::kCleared, std::to_string(number.value));
  });
}

Result<std::string> read_epoch(catalog::MirrorReads& mirrors, model::SourceId source) {
  return mirrors.state(source, catalog::kCleared);
}

Result<> check_epoch(catalog::MirrorReads& mirrors, model::SourceId source, const std::string& before) {
  if (TRY(read_epoch(mirrors, source)) == before) return {};
  return fail(Errc::conflict, "the source was cleared meanwhile", "synchronise it again");
}

}  // namespace granary::mirror
