#include "catalog/removals.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "catalog/catalog.h"

namespace granary::catalog {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(20);
constexpr int kAttempts = 8;

void pause(const Context& ctx) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, ctx.stop(), kBetweenLooks, [] { return false; });
}

}  // namespace

tl::unexpected<Error> being_removed(const Digest& digest) {
  return fail(Errc::not_found,
              "the bytes " + digest.hex() + " were taken away as garbage before they were named",
              "send them again");
}

Result<std::int64_t> await_removal(Catalog& catalog, const Context& ctx, const Digest& digest,
                                   std::chrono::milliseconds patience) {
  std::int64_t number = 0;
  Context::Clock::time_point since;
  for (;;) {
    TRY(ctx.check());
    std::optional<Removal> found;
    TRY(catalog.read(ctx, [&](ReadView& view) -> Result<> {
      found = TRY(view.removal(digest));
      return {};
    }));
    if (!found) return 0;
    const auto now = Context::Clock::now();
    if (found->number != number) since = now;
    number = found->number;
    if (found->ended || now - since >= patience) return number;
    pause(ctx);
  }
}

Result<> end_abandoned_removals(Catalog& catalog, const Context& ctx, std::chrono::milliseconds patience) {
  std::optional<std::vector<UnderWay>> left;  // of those at the beginning
  const auto until = Context::Clock::now() + patience;
  for (;;) {
    TRY(ctx.check());
    std::vector<UnderWay> now;
    TRY(catalog.read(ctx, [&](ReadView& view) -> Result<> {
      now = TRY(view.removals_under_way());
      return {};
    }));
    if (!left) left = now;
    std::erase_if(*left,
                  [&](const UnderWay& one) { return std::find(now.begin(), now.end(), one) == now.end(); });
    if (left->empty()) return {};
    if (Context::Clock::now() >= until) break;
    pause(ctx);
  }
  return catalog.write(ctx, [&](WriteView& view) -> Result<> {
    for (const auto& one : *left) TRY(view.end_removal(one.number, one.blob, true));
    return {};
  });
}

Result<> store_and_name(Catalog& catalog, const Context& ctx, const std::function<Result<Digest>()>& store,
                        const std::function<Result<>(std::int64_t after)>& name) {
  std::int64_t after = 0;
  for (int attempt = 1;; ++attempt) {
    const auto digest = TRY(store());
    auto named = name(after);
    if (named || named.error().code() != Errc::not_found || attempt == kAttempts) return named;
    after = TRY(await_removal(catalog, ctx, digest));
  }
}

}  // namespace granary::catalog
