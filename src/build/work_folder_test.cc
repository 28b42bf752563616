#include "build/work_folder.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <filesystem>
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
  fs::create_directories(folder.path() + "/build-killed/tree/a");
  std::ofstream(folder.path() + "/other") << "x";
  remove_leftovers(folder.path());
  EXPECT_FALSE(fs::exists(folder.path() + "/build-killed"));
  EXPECT_TRUE(fs::exists(folder.path() + "/other"));
  remove_leftovers(folder.path() + "/nowhere");
}

TEST(WorkFolder, WhatAnotherServerBuildsInStays) {
  const TemporaryFolder folder;
  const auto work = WorkFolder::make(folder.path()).value();
  remove_leftovers(folder.path());
  EXPECT_TRUE(fs::exists(work->tree()));
}

/// As a build makes it, path by path longer than any path may be.
void make_deep(const std::string& top, int levels) {
  UniqueFd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < levels; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "deeper", 0700), 0);
    at = UniqueFd(::openat(at.get(), "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
}

TEST(WorkFolder, DeepTreesAreRefusedAndRemoved) {
  const TemporaryFolder folder;
  {
    const auto work = WorkFolder::make(folder.path()).value();
    make_deep(work->tree(), 150);
    EXPECT_TRUE(work->check_size(1 << 20, 0));
    make_deep(work->out(), 5000);
    EXPECT_EQ(work->check_size(std::uint64_t{1} << 40, 0).error().code(), Errc::too_large);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WorkFolder, WhatCannotBeCountedIsTooLarge) {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  const auto before = ::setfsuid(65534);  // root may read everything
  {
    const auto work = WorkFolder::make(folder.path() + "/builds").value();
    fs::create_directory(work->tree() + "/closed");
    std::ofstream(work->tree() + "/closed/big") << std::string(300'000, 'x');
    fs::permissions(work->tree() + "/closed", fs::perms::owner_write | fs::perms::owner_exec);
    EXPECT_EQ(work->check_size(200'000, 0).error().code(), Errc::too_large);
  }
  ::setfsuid(static_cast<uid_t>(before));
  EXPECT_TRUE(fs::is_empty(folder.path() + "/builds"));
}

TEST(WorkFolder, TheServerKeepsSomeRoomOnTheDisk) {
  const TemporaryFolder folder;
  const auto work = WorkFolder::make(folder.path()).value();
  EXPECT_EQ(work->check_size(1 << 20, std::uint64_t{1} << 60).error().code(), Errc::unavailable);
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
