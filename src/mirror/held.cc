#include "mirror/held.h"

namespace granary::mirror {
namespace {

constexpr auto kTouchEvery = std::chrono::hours(24);

std::string state_key(std::string_view key) { return "evicted/" + std::string(key); }

}  // namespace

Result<Held> find_held(const Parts& parts, const Context& ctx, model::SourceId source, std::string_view key) {
  Held out;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    out = {};
    out.file = TRY(view.mirrors().held(source, key));
    if (!out.file) out.before = Digest::parse(TRY(view.mirrors().state(source, state_key(key))));
    return {};
  }));
  return out;
}

Result<> hold(const Parts& parts, const Context& ctx, model::SourceId source, const catalog::HeldFile& file,
              std::int64_t stored_after) {
  return parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto there = TRY(view.mirrors().held(source, file.key));
    if (!there) {
      if (stored_after != 0) TRY(view.stored_again(file.blob, stored_after));
      return view.mirroring().hold(source, file);
    }
    if (there->blob == file.blob) return {};
    return fail(Errc::corrupt, "upstream has changed the file '" + file.key + "'",
                "the first bytes that were fetched are kept");
  });
}

Result<> let_go(catalog::WriteView& view, model::SourceId source, const catalog::HeldFile& file) {
  TRY(view.mirroring().set_state(source, state_key(file.key), file.blob.hex()));
  return view.mirroring().forget(source, file.key);
}

Result<> touch(const Parts& parts, const Context& ctx, model::SourceId source,
               const catalog::HeldFile& file) {
  const Time now = parts.clock->now();
  if (now - file.used_at < kTouchEvery) return {};
  return parts.catalog->write(
      ctx, [&](catalog::WriteView& view) { return view.mirroring().set_used(source, file.key, now); });
}

}  // namespace granary::mirror
