#include "build/node_ability.h"

#include <gmock/gmock.h>

#include "base/testing/missing.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"

namespace granary::build {
namespace {

using testing::HasSubstr;

TEST(NodeAbility, ASandboxGitAndTheToolsOfTheLanguageAreNeeded) {
  const TemporaryFolder folder;
  const SandboxSettings open{.bubblewrap = "", .allow_unsandboxed = true, .hidden = {}};
  EXPECT_TRUE(open_for_git(test_context(), open));
  ToolSettings tools;
  tools.r = folder.path();
  const auto lacks_r = open_for_builds(test_context(), open, tools, model::Ecosystem::r);
  ASSERT_FALSE(lacks_r);
  EXPECT_EQ(lacks_r.error().code(), Errc::unsupported);
  EXPECT_THAT(of_node("b", lacks_r.error()).message(),
              HasSubstr("node b: there is no R in " + folder.path()));
  const auto no_sandbox =
      open_for_git(test_context(), {.bubblewrap = "", .allow_unsandboxed = false, .hidden = {}});
  ASSERT_FALSE(no_sandbox);
  EXPECT_EQ(no_sandbox.error().code(), Errc::unsupported);
}

TEST(NodeAbility, WithoutGitThereIsNothingToLookWith) {
  const auto closed = Sandbox::open(test_context(), {.allow_unsandboxed = false, .hidden = {}});
  if (!closed) return missing(closed.error().message());
  const auto lacks_git = open_for_git(
      test_context(), {.allow_unsandboxed = false, .hidden = {"/usr/bin/git", "/usr/local/bin/git"}});
  ASSERT_FALSE(lacks_git);
  EXPECT_EQ(lacks_git.error().code(), Errc::unsupported);
  EXPECT_THAT(lacks_git.error().message(), HasSubstr("git is not there"));
}

}  // namespace
}  // namespace granary::build
