#include "build/sandbox.h"

#include <fstream>

#include "base/testing/missing.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"
#include "build/work_folder.h"

namespace granary::build {
namespace {

/// In bubblewrap.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened =
        Sandbox::open(test_context(), {.allow_unsandboxed = false, .hidden = {folder.path() + "/data"}});
    if (!opened) return missing(opened.error().message());
    sandbox.emplace(*std::move(opened));
    work = WorkFolder::make(folder.path() + "/data/builds").value();
    std::ofstream(folder.path() + "/data/secret") << "the secret";
    std::ofstream(folder.path() + "/beside") << "beside";
  }

  struct Said {
    int status = -1;
    std::string text;
  };
  Said run(const std::string& script, Limits limits = {}, bool network = false) {
    Said said;
    const Program program{.arguments = {"sh", "-c", script},
                          .environment = {"PATH=/usr/bin:/bin"},
                          .folder = work->tree(),
                          .writable = {work->tree(), work->out()},
                          .readable = {},
                          .temporary = work->temporary(),
                          .network = network};
    said.status = run_command(test_context(), sandbox->command(program, limits), [&](std::string_view line) {
                    said.text += std::string(line) + "\n";
                  }).value_or(-1);
    return said;
  }

  TemporaryFolder folder;
  std::optional<Sandbox> sandbox;
  std::unique_ptr<WorkFolder> work;
};

TEST_F(SandboxTest, WhatIsNamedCanBeWrittenAndTheSystemOnlyRead) {
  EXPECT_EQ(run("echo made > made && cat made && ls /usr/bin/env").status, 0);
  EXPECT_TRUE(std::filesystem::exists(work->tree() + "/made"));
  EXPECT_NE(run("touch /usr/granary-was-here").status, 0);
  EXPECT_NE(run("touch /etc/granary-was-here").status, 0);
}

TEST_F(SandboxTest, TheServersFilesAndProcessesAreNotThere) {
  EXPECT_NE(run("cat " + folder.path() + "/data/secret").status, 0);
  EXPECT_NE(run("cat " + folder.path() + "/beside").status, 0);
  EXPECT_NE(run("cat /etc/shadow").status, 0);
  EXPECT_NE(run("ls /etc/ssl/private").status, 0);
  const auto processes = run("ls -d /proc/[0-9]* | wc -l").text;
  EXPECT_LE(std::stoi(processes), 6) << processes;
  EXPECT_EQ(run("env | grep -v ^PWD= | grep -v ^_= | grep -v ^SHLVL= | grep -v ^OLDPWD=").text,
            "PATH=/usr/bin:/bin\n");
}

TEST_F(SandboxTest, NobodyHasCapabilitiesInThere) {
  EXPECT_EQ(run("sed -n 's/^CapEff:[^0-9a-f]*//p; s/^CapBnd:[^0-9a-f]*//p' /proc/self/status").text,
            "0000000000000000\n0000000000000000\n");
  EXPECT_NE(run("mount -o remount,rw,bind /usr && touch /usr/granary-was-here").status, 0);
  EXPECT_NE(run("mount -t tmpfs none /tmp").status, 0);
}

TEST_F(SandboxTest, WhatCoversAFolderOfTheServerCanOnlyBeRead) {
  const auto covered = Sandbox::open(test_context(), {.allow_unsandboxed = false, .hidden = {"/usr/share"}});
  ASSERT_TRUE(covered);
  const Program program{
      .arguments = {"/bin/sh", "-c", "test -z \"$(ls /usr/share)\" && ! touch /usr/share/x"},
      .environment = {"PATH=/usr/bin:/bin"},
      .folder = work->tree(),
      .writable = {work->tree()},
      .readable = {},
      .temporary = work->temporary()};
  EXPECT_EQ(run_command(test_context(), covered->command(program, {}), {}).value_or(-1), 0);
}

TEST_F(SandboxTest, WhatIsTheServersIsNotSeenThroughFoldersThatMayBeRead) {
  const TemporaryFolder elsewhere;
  const auto link = elsewhere.path() + "/tools";
  std::filesystem::create_symlink(folder.path(), link);
  for (const auto& readable : {folder.path(), link}) {
    const Program program{
        .arguments = {"/bin/sh", "-c",
                      "cat " + readable + "/beside && ! cat " + readable + "/data/secret && ! touch " +
                          readable + "/data/x && echo made > made"},
        .environment = {"PATH=/usr/bin:/bin"},
        .folder = work->tree(),
        .writable = {work->tree()},
        .readable = {readable},
        .temporary = work->temporary()};
    EXPECT_EQ(run_command(test_context(), sandbox->command(program, {}), {}).value_or(-1), 0) << readable;
  }
}

TEST_F(SandboxTest, TheRootIsAmongWhatIsRefused) {
  EXPECT_EQ(sandbox->check_may_see("/").error().code(), Errc::permission_denied);
}

TEST_F(SandboxTest, WithoutTheNetworkThereIsOnlyItsOwnLoopback) {
  EXPECT_EQ(run("ls /sys/class/net 2>/dev/null; cat /proc/net/dev | grep -c :").text, "1\n");
}

TEST_F(SandboxTest, MemoryAndFilesHaveTheirLimits) {
  Limits limits;
  limits.file = 1 << 20;
  EXPECT_NE(run("head -c 3000000 /dev/zero > big", limits).status, 0);
  EXPECT_LE(std::filesystem::file_size(work->tree() + "/big"), 1U << 20);
  limits.memory = std::uint64_t{64} << 20;
  EXPECT_NE(run("tail -c 200000000 /dev/zero | tail -c 1 >/dev/null; head -c 200000000 /dev/zero | sort > "
                "/dev/null",
                limits)
                .status,
            0);
}

TEST_F(SandboxTest, RepositoriesAmongTheServersFilesAreRefused) {
  for (const auto* below : {"/data", "/data/builds/x", ""})
    EXPECT_EQ(sandbox->check_may_see(folder.path() + below).error().code(), Errc::permission_denied) << below;
  EXPECT_TRUE(sandbox->check_may_see(folder.path() + "/database"));
  std::filesystem::create_symlink(folder.path() + "/data", folder.path() + "/link");
  EXPECT_FALSE(sandbox->check_may_see(folder.path() + "/link/builds"));
}

}  // namespace
}  // namespace granary::build
