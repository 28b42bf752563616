#pragma once
/// The twin for tests.

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "blob/derived.h"

namespace granary::blob {

/// `clock` must outlive it; without one, the system's. `down`: every call fails, as when the store is away.
class MemoryDerived final : public Derived {
 public:
  explicit MemoryDerived(const Clock* clock = nullptr) : clock_(clock) {}

  Result<bool> has(const Context&, const Digest& name) override;
  Result<std::string> get(const Context&, const Digest& name, std::uint64_t limit) override;
  Result<> put(const Context&, const Digest& name, const std::string& bytes) override;
  Result<> remove(const Context&, const Digest& name) override;
  Result<> for_each(const Context&, const std::function<Result<>(const DerivedInfo&)>& each) override;

  // For tests.
  void set_down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  std::map<Digest, std::string> all() const;
  int calls() const;

 private:
  Result<> enter(const Context&) const;  // under the mutex

  const Clock* clock_;
  mutable std::mutex mutex_;
  mutable int calls_ = 0;
  bool down_ = false;
  std::map<Digest, std::pair<std::string, Time>> kept_;
};

}  // namespace granary::blob
