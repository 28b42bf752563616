#pragma once
/// How a cached answer knows in one load that it is out of date.

#include <atomic>
#include <cstdint>
#include <memory>

namespace granary {

/// Counts the states of something. Whoever changes it bumps *after* the change is visible; whoever caches an
/// answer reads the count *before* computing it. Safe for concurrent use.
class Generation {
 public:
  std::uint64_t now() const noexcept { return count_.load(std::memory_order_acquire); }
  void bump() noexcept { count_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  alignas(64) std::atomic<std::uint64_t> count_{1};
};

/// An answer computed at `seen` is good while `of->now() == seen`, and the same of `also` if it is set.
struct Freshness {
  std::shared_ptr<const Generation> of;
  std::uint64_t seen = 0;
  std::shared_ptr<const Generation> also{};
  std::uint64_t also_seen = 0;
  static Freshness observe(std::shared_ptr<const Generation> g) {
    const auto seen = g->now();
    return {std::move(g), seen};
  }
  /// While both hold. `other` is of one generation.
  Freshness with(const Freshness& other) const {
    return other.of ? Freshness{of, seen, other.of, other.seen} : Freshness{};
  }
  bool holds() const noexcept { return of && of->now() == seen && (!also || also->now() == also_seen); }
};

}  // namespace granary
