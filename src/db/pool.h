#pragma once
/// A bounded set of connections, lent to one thread at a time.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/context.h"
#include "db/database.h"

namespace granary::db {

struct PoolLimits {
  int open = 4;
  int idle = 4;                            // kept open when nobody uses them
  std::chrono::milliseconds lifetime{0};   // 0: for ever
  std::chrono::milliseconds idle_time{0};  // 0: for ever
  /// After there were no more to be had: longer than whoever needs one of those takes to ask again.
  std::chrono::milliseconds fewer_for{5000};
};

/// Safe for concurrent use; outlives its leases.
template <class Connection>
class Pool {
  using Clock = Context::Clock;
  struct Entry {
    std::unique_ptr<Connection> connection;
    Clock::time_point opened, used;
  };

 public:
  /// `others`: how many it has already.
  using Open = std::function<Result<std::unique_ptr<Connection>>(const Context&, int others)>;
  /// Whether an opening failed because there are no more to be had: those that there are are shared then, and
  /// another is asked for after PoolLimits::fewer_for.
  using Full = std::function<bool(const Error&)>;

  /// Gives its connection back when it goes.
  class Lease {
   public:
    Lease(Pool* pool, Entry entry, bool fresh) : pool_(pool), entry_(std::move(entry)), fresh_(fresh) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), entry_(std::move(other.entry_)), fresh_(other.fresh_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_) pool_->release(std::move(entry_));
    }
    Connection* operator->() const noexcept { return entry_.connection.get(); }
    Connection& operator*() const noexcept { return *entry_.connection; }
    /// Opened for this lease: not one that may have gone stale while it was idle.
    bool fresh() const noexcept { return fresh_; }
    /// It is broken: close it.
    void discard() noexcept { entry_.connection.reset(); }

   private:
    Pool* pool_;
    Entry entry_;
    bool fresh_;
  };

  Pool(PoolLimits limits, Open open, Full full = {})
      : limits_(limits), open_(std::move(open)), full_(std::move(full)) {}

  /// Waits for a connection until the deadline.
  Result<Lease> acquire(const Context& ctx) {
    TRY(ctx.check());
    std::unique_lock lock(mutex_);
    for (;;) {
      TRY(wait_for_turn(ctx, lock));
      ++in_use_;
      auto stale = take_expired();
      if (!idle_.empty()) {
        Entry entry = std::move(idle_.back());
        idle_.pop_back();
        lock.unlock();
        return Lease(this, std::move(entry), false);
      }
      ++opening_;
      const int others = living();
      lock.unlock();
      stale.clear();
      auto opened = open_(ctx, others);
      lock.lock();
      --opening_;
      if (opened) {
        lock.unlock();
        const auto now = Clock::now();
        return Lease(this, Entry{*std::move(opened), now, now}, true);
      }
      --in_use_;
      freed_.notify_one();
      if (!full_ || !full_(opened.error()) || living() == 0) return tl::unexpected(std::move(opened).error());
      make_do_with(living());
    }
  }

  /// Closes what was idle or alive for too long.
  void prune() {
    std::unique_lock lock(mutex_);
    auto stale = take_expired();
    lock.unlock();
  }

  /// Closes every idle connection.
  void clear() {
    std::unique_lock lock(mutex_);
    auto stale = std::exchange(idle_, {});
    lock.unlock();
  }

  /// Somebody else needs one of its connections: closes an idle one, or the next that comes back, and opens
  /// none for PoolLimits::fewer_for. The last it keeps.
  void give_way() {
    Entry closed;
    const std::lock_guard lock(mutex_);
    if (living() <= 1) return;
    make_do_with(living() - 1);
    if (idle_.empty()) return;
    closed = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }

  PoolStats stats() const {
    const std::lock_guard lock(mutex_);
    return {.open = in_use_ + static_cast<int>(idle_.size()),
            .in_use = in_use_,
            .maximum = limits_.open,
            .waits = waits_};
  }

 private:
  /// With the lock held, as what follows it. Opened, and neither closed nor broken.
  int living() const { return in_use_ - opening_ + static_cast<int>(idle_.size()); }
  int most() const { return Clock::now() < fewer_until_ ? fewer_ : limits_.open; }
  void make_do_with(int count) {
    fewer_ = count;
    fewer_until_ = Clock::now() + limits_.fewer_for;
  }
  Result<> wait_for_turn(const Context& ctx, std::unique_lock<std::mutex>& lock) {
    const auto is_free = [&] { return in_use_ < most() || (!idle_.empty() && in_use_ < limits_.open); };
    if (is_free()) return {};
    ++waits_;
    ++waiting_;
    bool got = false;
    while (!got && ctx.check()) {
      // That there are fewer may begin meanwhile, and ends without a word.
      const auto now = Clock::now();
      const auto until = now < fewer_until_ ? fewer_until_ : now + limits_.fewer_for;
      got = freed_.wait_until(lock, ctx.stop(), std::min(until, ctx.deadline()), is_free);
    }
    --waiting_;
    if (got) return {};
    TRY(ctx.check());
    return fail(Errc::deadline_exceeded, "every database connection is busy",
                "retry later, or allow more connections");
  }

  void release(Entry entry) {
    Entry surplus;
    {
      const std::lock_guard lock(mutex_);
      const bool too_many = living() > most();
      --in_use_;
      entry.used = Clock::now();
      const int kept = std::max(limits_.idle, waiting_);
      const bool keep = entry.connection && !too_many && static_cast<int>(idle_.size()) < kept &&
                        !expired(entry, entry.used);
      (keep ? idle_.emplace_back() : surplus) = std::move(entry);
    }
    freed_.notify_one();
  }
  bool expired(const Entry& entry, Clock::time_point now) const {
    return (limits_.lifetime.count() > 0 && now - entry.opened >= limits_.lifetime) ||
           (limits_.idle_time.count() > 0 && now - entry.used >= limits_.idle_time);
  }
  std::vector<Entry> take_expired() {
    const auto now = Clock::now();
    const auto old =
        std::stable_partition(idle_.begin(), idle_.end(), [&](const Entry& e) { return !expired(e, now); });
    std::vector<Entry> gone(std::make_move_iterator(old), std::make_move_iterator(idle_.end()));
    idle_.erase(old, idle_.end());
    return gone;
  }

  PoolLimits limits_;
  Open open_;
  Full full_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<Entry> idle_;       // the last used at the end
  int in_use_ = 0, opening_ = 0;  // opening_: of those in use
  int waiting_ = 0;
  int fewer_ = 0;  // than limits_.open, until then
  Clock::time_point fewer_until_{};
  std::uint64_t waits_ = 0;
};

}  // namespace granary::db
