#pragma once
/// So that a service which answers nobody does not take every thread of a pool: some are left for what needs
/// no other service.

#include <atomic>
#include <optional>
#include <utility>

namespace granary {

/// Safe for concurrent use; outlives its turns.
class RemoteWaits {
 public:
  /// At least one may wait.
  explicit RemoteWaits(unsigned most) : most_(most == 0 ? 1 : most) {}
  RemoteWaits(const RemoteWaits&) = delete;
  RemoteWaits& operator=(const RemoteWaits&) = delete;

  /// Of the thread that took it, for as long as it waits.
  class Turn {
   public:
    Turn() = default;  // of no limit
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (!of_) return;
      of_->waiting_.fetch_sub(1, std::memory_order_relaxed);
      has_turn_ = false;
    }

   private:
    friend class RemoteWaits;
    explicit Turn(RemoteWaits* of) noexcept : of_(of) { has_turn_ = true; }
    RemoteWaits* of_ = nullptr;
  };

  /// Absent: as many wait already. A thread that has a turn gets one that counts nothing.
  std::optional<Turn> enter() noexcept {
    if (has_turn_) return Turn();
    auto waiting = waiting_.load(std::memory_order_relaxed);
    do {
      if (waiting >= most_) return std::nullopt;
    } while (!waiting_.compare_exchange_weak(waiting, waiting + 1, std::memory_order_relaxed));
    return Turn(this);
  }

 private:
  static inline thread_local bool has_turn_ = false;
  const unsigned most_;
  std::atomic<unsigned> waiting_{0};
};

}  // namespace granary
