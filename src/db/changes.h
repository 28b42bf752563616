#pragma once
/// Who hears of commits.

#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

namespace granary::db {

/// Safe for concurrent use; `tell` calls on the thread of the caller.
class Changes {
 public:
  using Heard = std::function<void(std::span<const std::int64_t> topics)>;

  void add(Heard heard) {
    const std::unique_lock lock(mutex_);
    listeners_.push_back(std::move(heard));
  }
  void tell(std::span<const std::int64_t> topics) const {
    const std::shared_lock lock(mutex_);
    for (const auto& heard : listeners_) heard(topics);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::vector<Heard> listeners_;
};

}  // namespace granary::db
