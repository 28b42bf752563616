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
  using Open = std::function<Result<std::unique_ptr<Connection>>(const Context&)>;

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

  Pool(PoolLimits limits, Open open) : limits_(limits), open_(std::move(open)) {}

  /// Waits for a connection until the deadline.
  Result<Lease> acquire(const Context& ctx) {
    TRY(ctx.check());
    std::unique_lock lock(mutex_);
    if (in_use_ >= limits_.open) {
      ++waits_;
      const bool got =
          freed_.wait_until(lock, ctx.stop(), ctx.deadline(), [&] { return in_use_ < limits_.open; });
      if (!got) {
        TRY(ctx.check());
        return fail(Errc::deadline_exceeded, "every database connection is busy",
                    "retry later, or allow more connections");
      }
    }
    ++in_use_;
    auto stale = take_expired();
    if (!idle_.empty()) {
      Entry entry = std::move(idle_.back());
      idle_.pop_back();
      lock.unlock();
      return Lease(this, std::move(entry), false);
    }
    lock.unlock();
    stale.clear();
    auto opened = open_(ctx);
    if (!opened) {
      release({});
      return tl::unexpected(std::move(opened).error());
    }
    const auto now = Clock::now();
    return Lease(this, Entry{*std::move(opened), now, now}, true);
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

  PoolStats stats() const {
    const std::lock_guard lock(mutex_);
    return {.open = in_use_ + static_cast<int>(idle_.size()),
            .in_use = in_use_,
            .maximum = limits_.open,
            .waits = waits_};
  }

 private:
  void release(Entry entry) {
    Entry surplus;
    {
      const std::lock_guard lock(mutex_);
      --in_use_;
      entry.used = Clock::now();
      const bool keep =
          entry.connection && static_cast<int>(idle_.size()) < limits_.idle && !expired(entry, entry.used);
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
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<Entry> idle_;  // the last used at the end
  int in_use_ = 0;
  std::uint64_t waits_ = 0;
};

}  // namespace granary::db
