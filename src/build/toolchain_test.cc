#include "build/toolchain.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/testing/missing.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"

namespace granary::build {
namespace {

using testing::HasSubstr;

class ToolchainTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string below : {"/bin", "/R/bin", "/data/R/bin"}) {
      std::filesystem::create_directories(folder.path() + below);
      std::ofstream(folder.path() + below + "/R") << "#!/bin/sh\n";
      std::filesystem::permissions(folder.path() + below + "/R", std::filesystem::perms::owner_all);
    }
    auto opened = Sandbox::open(test_context(),
                                {.allow_unsandboxed = false, .hidden = {folder.path() + "/data/granary"}});
    if (!opened) return missing(opened.error().message());
    sandbox.emplace(*std::move(opened));
  }
  Result<Tool> find(const std::string& r, const std::string& home = {}) {
    ToolSettings settings;
    settings.r = r;
    settings.home = home;
    return find_tool(test_context(), *sandbox, settings, model::Ecosystem::r);
  }

  TemporaryFolder folder;
  std::optional<Sandbox> sandbox;
};

TEST_F(ToolchainTest, AnInstallationInAFolderOfItsOwnIsTaken) {
  const auto found = find(folder.path() + "/R", folder.path());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(found->folders, testing::ElementsAre(folder.path() + "/R"));
  EXPECT_TRUE(find(folder.path() + "/data/R", folder.path() + "/data"));
  EXPECT_EQ(find(folder.path() + "/nowhere").error().code(), Errc::unsupported);
}

TEST_F(ToolchainTest, AFolderThatHoldsTheServersFilesOrAHomeIsRefused) {
  for (const std::string r : {"", "/bin/R"}) {
    const auto refused = find(folder.path() + r);
    ASSERT_FALSE(refused) << r;
    EXPECT_EQ(refused.error().code(), Errc::unsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr("the server's own files"));
  }
  const auto home = find(folder.path() + "/R/bin/R", folder.path() + "/R");
  ASSERT_FALSE(home);
  EXPECT_THAT(home.error().message(), HasSubstr("somebody's home"));
  EXPECT_FALSE(find(folder.path() + "/R", folder.path() + "/R/granary"))
      << "a folder that has the home in it";
  EXPECT_TRUE(find(folder.path() + "/R", folder.path() + "/R-of-others"));
}

}  // namespace
}  // namespace granary::build
