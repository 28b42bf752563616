#include "build/work_folder.h"

#include <fstream>

#include "base/testing/temporary_folder.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;

TEST(WorkFolder, IsGoneWhateverWasDoneToIt) {
  const TemporaryFolder folder;
  const auto parent = folder.path() + "/builds";
  {
    const auto work = WorkFolder::make(parent).value();
    fs::create_directories(work->tree() + "/a/b");
    std::ofstream(work->tree() + "/a/b/file") << "x";
    fs::create_symlink("/", work->tree() + "/root");
    fs::permissions(work->tree() + "/a/b", fs::perms::none);
    fs::permissions(work->tree() + "/a", fs::perms::none);
  }
  EXPECT_TRUE(fs::is_empty(parent));
}

TEST(WorkFolder, WhatKilledProcessesLeftIsRemovedAndNothingElse) {
  const TemporaryFolder folder;
  const auto left = WorkFolder::make(folder.path()).value();
  std::ofstream(folder.path() + "/other") << "x";
  remove_leftovers(folder.path());
  EXPECT_FALSE(fs::exists(left->tree()));
  EXPECT_TRUE(fs::exists(folder.path() + "/other"));
  remove_leftovers(folder.path() + "/nowhere");
}

TEST(WorkFolder, SecretsAreForgottenAndSizeIsBounded) {
  const TemporaryFolder folder;
  const auto work = WorkFolder::make(folder.path()).value();
  std::ofstream(work->secrets() + "/key") << "x";
  work->forget_secrets();
  EXPECT_TRUE(fs::is_empty(work->secrets()));
  EXPECT_TRUE(work->check_size(1 << 20));
  std::ofstream(work->tree() + "/big") << std::string(300'000, 'x');
  EXPECT_EQ(work->check_size(200'000).error().code(), Errc::too_large);
}

}  // namespace
}  // namespace granary::build
