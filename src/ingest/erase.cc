#include "ingest/erase.h"

#include <algorithm>

#include "base/log.h"
#include "net/retry.h"

namespace granary::ingest {
namespace {

using Steady = Context::Clock;

constexpr catalog::SliceSize kSmallest{.rows = 50, .bytes = 512 << 10};
constexpr catalog::SliceSize kFirst{.rows = 500, .bytes = 4 << 20};
constexpr catalog::SliceSize kLargest{.rows = 20'000, .bytes = 64 << 20};
constexpr std::chrono::milliseconds kLongestPause{1'000};

}  // namespace

catalog::SliceSize next_size(const catalog::SliceSize& size, std::chrono::nanoseconds held) noexcept {
  // Half or twice at most: one slice may have had luck, or waited for the disk.
  const double wanted = std::chrono::duration<double>(kSliceTime) /
                        std::max<std::chrono::duration<double>>(held, kSliceTime / 2);
  const double factor = std::clamp(wanted, 0.5, 2.0);
  const auto scaled = [&](std::int64_t now, std::int64_t least, std::int64_t most) {
    return std::clamp(static_cast<std::int64_t>(static_cast<double>(now) * factor), least, most);
  };
  return {.rows = scaled(size.rows, kSmallest.rows, kLargest.rows),
          .bytes = scaled(size.bytes, kSmallest.bytes, kLargest.bytes)};
}

Result<std::uint64_t> erase_remnants(Parts& parts, const Context& ctx, const OnProgress& progress) {
  std::vector<model::SourceId> remnants;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    remnants = TRY(view.remnants());
    return {};
  }));
  std::uint64_t rows = 0;
  for (const auto source : remnants) {
    auto size = kFirst;
    catalog::Erased done;
    while (!done.whole) {
      TRY(ctx.check());
      const auto from = done.next;
      Steady::time_point began{};
      TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
        began = Steady::now();
        done = TRY(view.erase(source, from, size));
        return {};
      }));
      const auto held = Steady::now() - began;  // with the commit, and without the wait for other writers
      rows += static_cast<std::uint64_t>(done.rows);
      if (progress) progress(rows, 0);
      // Others write as long as this has kept them from it.
      if (!done.whole)
        TRY(net::wait(ctx, std::min(std::chrono::ceil<std::chrono::milliseconds>(held), kLongestPause)));
      size = next_size(size, held);
    }
  }
  if (!remnants.empty())
    ctx.log().component("ingest").info("erased what deleted sources left", {{"rows", std::to_string(rows)}});
  return rows;
}

}  // namespace granary::ingest
