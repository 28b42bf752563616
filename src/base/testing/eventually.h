#pragma once
/// Waiting for what another thread or process does, with an end.

#include <chrono>
#include <thread>

namespace granary {

/// Whether the condition came to hold within the limit, which only what is broken reaches.
template <class Condition>
[[nodiscard]] bool eventually(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace granary
