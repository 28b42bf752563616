#include "ingest/in_flight.h"

namespace granary::ingest {

Result<InFlight::Hold> InFlight::hold(const Context& ctx, const Digest& digest) {
  std::unique_lock lock(mutex_);
  ended_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return !removing_.contains(digest); });
  if (removing_.contains(digest)) {
    TRY(ctx.check());
    return fail(Errc::unavailable, "the same content is being removed", "retry in a moment");
  }
  ++held_[digest];
  return Hold(*this, digest);
}

void InFlight::release(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto it = held_.find(digest);
  if (--it->second == 0) held_.erase(it);
}

bool InFlight::begin_removal(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (held_.contains(digest)) return false;
  return removing_.insert(digest).second;
}

void InFlight::end_removal(const Digest& digest) {
  {
    const std::lock_guard lock(mutex_);
    removing_.erase(digest);
  }
  ended_.notify_all();
}

}  // namespace granary::ingest
