#pragma once
/// Runs something when a scope is left, however it is left.

#include <utility>

namespace granary {

/// `F` does not throw.
template <class F>
class [[nodiscard]] OnExit {
 public:
  explicit OnExit(F run) : run_(std::move(run)) {}
  ~OnExit() { run_(); }
  OnExit(const OnExit&) = delete;
  OnExit& operator=(const OnExit&) = delete;

 private:
  F run_;
};

}  // namespace granary
