#include "base/subprocess.h"

#include <gtest/gtest.h>

#include "base/testing/test_context.h"

namespace granary {
namespace {

using namespace std::chrono_literals;

TEST(Subprocess, GivesWhatTheProgramSays) {
  EXPECT_EQ(output_of(test_context(), {"printf", "%s", "a b"}, 10s).value(), "a b");
}

TEST(Subprocess, AProgramThatFailsOrIsAbsentIsUnavailable) {
  EXPECT_EQ(output_of(test_context(), {"false"}, 10s).error().code(), Errc::unavailable);
  EXPECT_EQ(output_of(test_context(), {"no-such-program-here"}, 10s).error().code(), Errc::unavailable);
}

TEST(Subprocess, AProgramThatTakesTooLongIsEnded) {
  EXPECT_EQ(output_of(test_context(), {"sleep", "600"}, 100ms).error().code(), Errc::deadline_exceeded);
}

TEST(Subprocess, EndlessOutputIsNotCollected) {
  EXPECT_EQ(output_of(test_context(), {"yes"}, 10s).error().code(), Errc::too_large);
}

}  // namespace
}  // namespace granary
