#include "build/run_in.h"

#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"

namespace granary::build {
namespace {

TEST(RunIn, WhatFailedOnAFullDiskIsNoFailureOfItsOwn) {
  const TemporaryFolder folder;
  const auto sandbox = Sandbox::open(test_context(), {.allow_unsandboxed = true}).value();
  const auto work = WorkFolder::make(folder.path() + "/builds").value();
  Limits limits;
  limits.disk = 50'000;
  const auto run = [&](const std::string& script) {
    const Program program{.arguments = {"sh", "-c", script},
                          .environment = environment_in(*work),
                          .folder = work->tree(),
                          .writable = {work->tree()},
                          .readable = {},
                          .temporary = work->temporary()};
    return run_in(test_context(), sandbox, *work, program, limits, [](std::string_view) {});
  };
  EXPECT_EQ(run("exit 3").value(), 3);
  // Between two looks at the size.
  const auto full = run("head -c 100000 /dev/zero > big; exit 3");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), Errc::too_large);
}

}  // namespace
}  // namespace granary::build
