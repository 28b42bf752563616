#include "build/git.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "build/testing/world.h"

namespace granary::build {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class GitTest : public testing::Test {
 protected:
  TemporaryFolder folder;
  Repository repository{folder.path() + "/pkg"};
  Sandbox sandbox =
      Sandbox::open(test_context(), {.allow_unsandboxed = true, .hidden = {folder.path() + "/data"}}).value();
  std::unique_ptr<WorkFolder> work = WorkFolder::make(folder.path() + "/data/builds").value();
  Builder builder;
  Context ctx = test_context();

  void SetUp() override {
    builder.name = "pkg";
    builder.url = repository.url();
  }
  Result<std::vector<RemoteRef>> refs() {
    return Git::open(sandbox, *work, {}, builder, std::nullopt).value().refs(ctx);
  }
  Result<CheckedOut> check_out(const std::string& what) {
    work = WorkFolder::make(folder.path() + "/data/builds").value();
    return Git::open(sandbox, *work, {}, builder, std::nullopt).value().check_out(ctx, what);
  }
};

TEST_F(GitTest, LooksAndChecksOutTheDefaultBranchABranchATagAndACommit) {
  repository.write("file", "1");
  const auto first = repository.commit("one");
  repository.git({"-C", repository.path(), "tag", "-a", "-m", "x", "v1"});
  repository.write("file", "2");
  const auto second = repository.commit("two");
  repository.git({"-C", repository.path(), "branch", "dev", first});

  EXPECT_THAT(refs().value(), ElementsAre(RemoteRef{"HEAD", second}));
  EXPECT_EQ(check_out("HEAD").value().commit, second);
  EXPECT_GT(check_out("HEAD").value().time, 0);
  EXPECT_EQ(check_out("refs/tags/v1").value().commit, first);
  EXPECT_EQ(check_out(first).value().commit, first);
  EXPECT_EQ(check_out(first.substr(0, 8)).value().commit, first);
  EXPECT_EQ(read_file(work->tree() + "/file").value(), "1");
  builder.branch = "dev";
  EXPECT_THAT(refs().value(), ElementsAre(RemoteRef{"refs/heads/dev", first}));
  builder.branch = "nope";
  EXPECT_EQ(refs().error().code(), Errc::not_found);
  EXPECT_EQ(check_out("refs/tags/nope").error().code(), Errc::not_found);
  EXPECT_EQ(check_out(std::string(40, 'a')).error().code(), Errc::not_found);
}

TEST_F(GitTest, TagsComeTheOldestVersionFirst) {
  const auto commit = repository.commit("one");
  for (const auto* tag : {"v1.10", "v1.9", "v1.10-rc1"})
    repository.git({"-C", repository.path(), "tag", tag});
  builder.trigger = Trigger::tags;
  EXPECT_THAT(refs().value(), ElementsAre(RemoteRef{"v1.9", commit}, RemoteRef{"v1.10-rc1", commit},
                                          RemoteRef{"v1.10", commit}));
}

TEST_F(GitTest, TheDepthIsWhatTheBuilderSays) {
  for (const auto* message : {"one", "two", "three"}) repository.commit(message);
  repository.git({"-C", repository.path(), "tag", "v3"});
  const auto count = [&] {
    EXPECT_TRUE(check_out("HEAD"));
    return Repository::git({"-C", work->tree(), "rev-list", "--count", "HEAD"});
  };
  EXPECT_EQ(count(), "1");
  builder.clone_depth = 2;
  EXPECT_EQ(count(), "2");
  builder.clone_depth = 0;
  EXPECT_EQ(count(), "3");
  EXPECT_EQ(Repository::git({"-C", work->tree(), "describe", "--tags"}), "v3");
}

TEST_F(GitTest, NothingOfTheRepositoryRunsAndOtherTransportsAreRefused) {
  const auto mark = folder.path() + "/ran";
  repository.write(".gitattributes", "* filter=evil\n");
  repository.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% " + mark + "\n");
  const auto inner = Repository(folder.path() + "/inner");
  const auto commit = inner.commit("one");
  repository.git(
      {"-C", repository.path(), "update-index", "--add", "--cacheinfo", "160000," + commit + ",x"});
  repository.git({"-C", repository.path(), "add", ".gitmodules", ".gitattributes"});
  repository.git({"-C", repository.path(), "commit", "--quiet", "-m", "one"});
  builder.submodules = 1;
  const auto got = check_out("HEAD");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message(), HasSubstr("not allowed"));
  EXPECT_FALSE(fs::exists(mark));
  builder.submodules = 0;
  EXPECT_TRUE(check_out("HEAD"));
}

TEST_F(GitTest, SubmodulesComeAlongToTheLevelThatIsAskedFor) {
  // In a folder of the first, since a repository of this machine shows no other.
  const Repository inner(repository.path() + "/.git/inner"), innermost(repository.path() + "/.git/innermost");
  const auto add = [](const Repository& to, const Repository& other, const std::string& path) {
    Repository::git({"-C", to.path(), "submodule", "--quiet", "add", other.url(), path});
    to.commit(path);
  };
  innermost.write("file", "x");
  innermost.commit("one");
  add(inner, innermost, "drin");
  add(repository, inner, "wörter hier");
  const auto is_there = [&](const std::string& path) { return fs::exists(work->tree() + "/" + path); };
  EXPECT_TRUE(check_out("HEAD"));
  EXPECT_FALSE(is_there("wörter hier/.gitmodules"));
  builder.submodules = 1;
  EXPECT_TRUE(check_out("HEAD"));
  EXPECT_TRUE(is_there("wörter hier/.gitmodules"));
  EXPECT_FALSE(is_there("wörter hier/drin/file"));
  builder.submodules = 2;
  EXPECT_TRUE(check_out("HEAD"));
  EXPECT_TRUE(is_there("wörter hier/drin/file"));

  add(repository, innermost, "so \"called\"");
  EXPECT_THAT(check_out("HEAD").error().message(), HasSubstr("called"));
  builder.submodules = 1;
  EXPECT_TRUE(check_out("HEAD"));
  EXPECT_TRUE(is_there("so \"called\"/file"));
}

TEST_F(GitTest, ARepositoryThatIsNotThereSaysSo) {
  builder.url = "file://" + folder.path() + "/nothing";
  EXPECT_FALSE(Git::open(sandbox, *work, {}, builder, std::nullopt));
  fs::create_directories(folder.path() + "/nothing");
  const auto got = refs();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message(), HasSubstr("does not appear to be a git repository"));
  builder.url = "file://" + folder.path() + "/data";
  EXPECT_EQ(Git::open(sandbox, *work, {}, builder, std::nullopt).error().code(), Errc::permission_denied);
}

TEST_F(GitTest, SecretsLieInTheWorkFolderWhileGitRunsAndNoLonger) {
  builder.url = "https://127.0.0.1:1/pkg.git";
  {
    const auto git =
        Git::open(sandbox, *work, {}, builder, Credential{Transport::https, "t", "u ser", "p@ss/"});
    ASSERT_TRUE(git);
    EXPECT_EQ(read_file(work->secrets() + "/credentials").value(), "https://u%20ser:p%40ss%2F@127.0.0.1:1\n");
  }
  EXPECT_TRUE(fs::is_empty(work->secrets()));
}

}  // namespace
}  // namespace granary::build
