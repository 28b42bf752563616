#include "upstream/pace.h"

#include "net/retry.h"

namespace granary::upstream {

Pace::Turn::~Turn() {
  if (!pace_) return;
  const std::lock_guard lock(pace_->mutex_);
  ++pace_->free_;
  pace_->freed_.notify_one();
}

Result<Pace::Turn> Pace::take(const Context& ctx) {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return free_ > 0; })) {
      lock.unlock();
      TRY(ctx.check());
      return fail(Errc::deadline_exceeded, "took longer than its deadline");
    }
    --free_;
  }
  Turn turn(*this);
  const auto delay = reserve(Context::Clock::now());
  if (delay > Context::Clock::duration::zero())
    TRY(net::wait(ctx, std::chrono::ceil<std::chrono::milliseconds>(delay)));
  return turn;
}

Context::Clock::duration Pace::reserve(Context::Clock::time_point now) {
  if (per_second_ <= 0) return {};
  const std::lock_guard lock(mutex_);
  const auto at = std::max(now, next_);
  next_ = at + std::chrono::duration_cast<Context::Clock::duration>(
                   std::chrono::duration<double>(1 / per_second_));
  return at - now;
}

}  // namespace granary::upstream
