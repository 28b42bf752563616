#pragma once
/// What a test stands on and this machine does not have: never passed over in silence.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace granary {

/// True where nothing may be skipped.
inline bool in_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

/// The test is skipped, or with CI=true failed, and says why. Called in SetUp or by what a fixture
/// constructs, its body does not run; a body itself has to return.
inline void missing(const std::string& why) {
  if (in_ci())
    [&] { FAIL() << why; }();
  else
    [&] { GTEST_SKIP() << "SKIPPED, NOT PASSED: " << why; }();
}

}  // namespace granary
