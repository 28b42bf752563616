#include "blob/derived.h"

#include <algorithm>
#include <vector>

namespace granary::blob {

tl::unexpected<Error> too_much(const Digest& name) {
  return fail(Errc::too_large, "what is kept under " + name.hex() + " is larger than it may be",
              "it is made again");
}

Result<Trimmed> remove_oldest(const Context& ctx, Derived& derived, Time before, std::uint64_t most) {
  std::vector<DerivedInfo> all;
  TRY(derived.for_each(ctx, [&](const DerivedInfo& one) -> Result<> {
    all.push_back(one);
    return {};
  }));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.stored_at > b.stored_at; });
  Trimmed out;
  for (const auto& one : all) {
    TRY(ctx.check());
    if (one.stored_at >= before && out.kept_bytes + one.size <= most) {
      ++out.kept;
      out.kept_bytes += one.size;
      continue;
    }
    most = std::min(most, out.kept_bytes);  // nothing older is kept than what went
    TRY(derived.remove(ctx, one.name));
    ++out.removed;
  }
  return out;
}

}  // namespace granary::blob
