#pragma once
/// A Context for tests: 30 seconds, and a logger that is silent.

#include "base/context.h"
#include "base/log.h"

namespace granary {

inline Context test_context() {
  static const Logger silent;
  return Context(silent, std::stop_token(), Context::Clock::now() + std::chrono::seconds(30));
}

}  // namespace granary
