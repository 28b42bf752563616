#include "build/build_job.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "base/testing/eventually.h"
#include "build/poller.h"
#include "build/testing/world.h"
#include "build/work_folder.h"
#include "jobs/testing/fake_turn.h"

namespace granary::build {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Takes everything; remembers what it was given. The version is in the name: "pkg_1.0.tar.gz".
class FakePublisher final : public Publisher {
 public:
  Result<Publicised> publish(const Context&, const Publication& one) override {
    const auto underscore = one.filename.find('_');
    Publicised out{one.filename.substr(0, underscore), one.filename.substr(underscore + 1), 0, false};
    out.version.resize(out.version.size() - std::string_view(".tar.gz").size());
    if (one.dry_run) {
      if (there.contains(one.filename) && !one.replace && one.keep.empty())
        return fail(Errc::conflict, one.filename + " is there", "--replace");
      return out;
    }
    if (!broken.empty()) return fail(code, broken, "wait");
    there.insert(one.filename);
    published.push_back(one);
    out.transaction = static_cast<std::int64_t>(published.size());
    return out;
  }
  Result<model::Source> source(const Context&, model::SourceId id) override {
    model::Source out;
    out.id = id;
    out.type = type;
    return out;
  }
  model::SourceType type = model::SourceType::git;
  std::vector<Publication> published;
  std::string broken;
  Errc code = Errc::unavailable;
  std::set<std::string> there;
};

/// An "R" that packs the folder under the name that DESCRIPTION's first two lines give.
constexpr std::string_view kR = R"(#!/bin/sh
for folder; do :; done
name=$(sed -n 's/^Package: //p' "$folder/DESCRIPTION"); version=$(sed -n 's/^Version: //p' "$folder/DESCRIPTION")
[ -n "$version" ] || { echo "ERROR: no version"; exit 1; }
tar -czf "${name}_$version.tar.gz" -C "$folder" DESCRIPTION
)";

class BuildJobTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder.path() + "/R/bin");
    std::ofstream(r) << kR;
    std::filesystem::permissions(r, std::filesystem::perms::owner_all);
    parts.builders = std::make_shared<Builders>(world.database, world.clock, 1);
    parts.builds = std::make_shared<Builds>(world.database, world.clock);
    parts.credentials = std::make_shared<Credentials>(world.database, world.clock, std::nullopt);
    parts.publisher = publisher;
    parts.sandbox = {.allow_unsandboxed = true, .hidden = {folder.path() + "/data"}};
    parts.tools.r = folder.path() + "/R";
    parts.folder = folder.path() + "/data/builds";
    parts.metrics = &metrics;
    parts.most_builds = 3;
    handler = make_build_handler(parts);
    release("1.0");
  }

  std::string release(const std::string& version) {
    repository.write("DESCRIPTION", "Package: pkg\nVersion: " + version + "\n");
    return repository.commit(version);
  }
  Builder make() {
    return parts.builders->create(ctx, world.wanted("pkg", repository.url())).value().builder;
  }
  /// The oldest job that is ready.
  std::optional<jobs::Job> lease() {
    const std::vector<std::string> kinds = {"build"};
    return world.queue->lease(ctx, "node", kinds, std::chrono::minutes(1)).value();
  }
  /// The error it ended with, or "".
  std::string work(jobs::testing::FakeTurn& turn, jobs::Handler& by) {
    const auto done = by.run(ctx, turn);
    last = turn.left();
    const auto ending = turn.is_unable() ? jobs::Ending::unable : jobs::Ending::done;
    EXPECT_TRUE(world.queue->finish(ctx, turn.job().lease(), ending, done, {}));
    return done ? "" : done.error().message();
  }
  /// One turn at the oldest job.
  std::string work() { return work(*handler); }
  std::string work(jobs::Handler& by) {
    const auto job = lease();
    if (!job) return "no job";
    jobs::testing::FakeTurn turn(*job);
    return work(turn, by);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& one : publisher->published) names.push_back(one.filename);
    return names;
  }

  TemporaryFolder folder;
  const std::string r = folder.path() + "/R/bin/R";
  World world{db::testing::Kind::sqlite_memory};
  Repository repository{folder.path() + "/pkg"};
  std::shared_ptr<FakePublisher> publisher = std::make_shared<FakePublisher>();
  Metrics metrics;
  Parts parts;
  std::unique_ptr<jobs::Handler> handler;
  Context ctx = test_context();
  std::string last;
};

TEST_F(BuildJobTest, BuildsWhatIsThereOnceAndThenWhatIsNew) {
  const auto builder = make();
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
  EXPECT_THAT(publisher->published[0].comment, HasSubstr("built by pkg from "));
  EXPECT_EQ(publisher->published[0].actor, "git-builder pkg");
  EXPECT_THAT(last, HasSubstr("\"version\":\"1.0\""));
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_EQ(work(), "");
  EXPECT_EQ(last, "{\"built\":[]}");
  release("1.1");
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz", "pkg_1.1.tar.gz"));
  EXPECT_TRUE(std::filesystem::is_empty(parts.folder));
}

TEST_F(BuildJobTest, ATurnAfterADeathGoesOnWithTheSameBuildAndKeepsWhatWasPublished) {
  make();
  publisher->broken = "the store is away";
  EXPECT_EQ(work(), "the store is away");
  publisher->broken.clear();
  world.clock->advance(std::chrono::hours(2));
  EXPECT_EQ(work(), "");
  ASSERT_EQ(publisher->published.size(), 1U);
  EXPECT_EQ(publisher->published[0].keep.size(), 1U) << "what the first turn may have published";
  const auto builds = parts.builds->list(ctx, {}).value();
  ASSERT_EQ(builds.size(), 1U);
  EXPECT_EQ(builds[0].state, Build::State::succeeded);
}

TEST_F(BuildJobTest, ABuildThatFailsIsTriedAgainAndThenCounted) {
  make();
  repository.write("DESCRIPTION", "Package: pkg\n");
  const auto broken = repository.commit("no version");
  EXPECT_THAT(work(), HasSubstr("R CMD build failed (1): ERROR: no version"));
  EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::waiting);
  world.clock->advance(std::chrono::hours(2));
  EXPECT_THAT(work(), HasSubstr("R CMD build failed"));
  EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::failed);
  EXPECT_EQ(parts.builders->list(ctx, {}).value().at(0).head, broken) << "it stays broken";
  EXPECT_EQ(work(), "no job");
  EXPECT_THAT(metrics.render(), HasSubstr("ppm_git_builds_failed_total 1"));
}

TEST_F(BuildJobTest, APublishingThatFailsAtTheLastAttemptDoesNotWaitForEver) {
  const auto builder = make();
  publisher->broken = "the store is away";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(work(), "the store is away");
    world.clock->advance(std::chrono::hours(2));
  }
  EXPECT_EQ(work(), "no job");
  // The job might have come again; at the next look it is known that it does not.
  ASSERT_TRUE(end_orphans(ctx, parts, builder));
  EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::failed);
  EXPECT_EQ(parts.builders->get(ctx, builder.id).value().head, "") << "a later look orders it again";
  EXPECT_THAT(metrics.render(), HasSubstr("ppm_git_builds_failed_total 1"));
}

TEST_F(BuildJobTest, ACatalogThatIsBrokenAtTheLastAttemptEndsTheBuild) {
  make();
  publisher->broken = "the catalog is broken";
  publisher->code = Errc::internal;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(work(), "the catalog is broken");
    world.clock->advance(std::chrono::hours(2));
  }
  EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::failed);
  EXPECT_THAT(metrics.render(), HasSubstr("ppm_git_builds_failed_total 1"));
}

TEST_F(BuildJobTest, WhatANodeLacksFailsNoBuildAndIsToldUntilAnotherBuilds) {
  const auto made = parts.builders->create(ctx, world.wanted("pkg", repository.url())).value();
  auto bare = parts;
  bare.node = "bare";
  bare.tools.r = folder.path() + "/nowhere";
  const auto lacks = make_build_handler(bare);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(work(*lacks), "node bare: there is no R in " + bare.tools.r);
    world.clock->advance(std::chrono::seconds(5));
  }
  auto job = world.queue->get(ctx, made.job).value();
  EXPECT_EQ(job.state, jobs::State::waiting);
  EXPECT_EQ(job.attempt, 0);
  EXPECT_THAT(job.error, HasSubstr("node bare: there is no R"));
  const auto problem = [&] { return parts.builders->get(ctx, made.builder.id).value().problem; };
  EXPECT_THAT(problem(), HasSubstr("node bare: there is no R"));
  EXPECT_TRUE(parts.builds->list(ctx, {}).value().empty());
  ASSERT_TRUE(parts.builders->note_good_look(ctx, made.builder.id));
  EXPECT_THAT(problem(), HasSubstr("node bare: there is no R")) << "the job waits for it";
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
  EXPECT_EQ(problem(), "");
}

TEST_F(BuildJobTest, WhatANodeHasNoRoomForIsLeftToOthers) {
  make();
  auto bare = parts;
  bare.node = "bare";
  bare.least_free = std::uint64_t{1} << 60;
  const auto full = make_build_handler(bare);
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(work(*full), HasSubstr("node bare: less than "));
    world.clock->advance(std::chrono::seconds(5));
  }
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
}

TEST_F(BuildJobTest, ANodeThatCannotLookLeavesBuildersToOthersUnlessNobodyComes) {
  const auto builder = make();
  EXPECT_EQ(work(), "");
  auto bare = parts;
  bare.node = "bare";
  bare.sandbox = {.bubblewrap = "", .allow_unsandboxed = false, .hidden = {}};
  Poller poller(bare, std::chrono::seconds(1), {});
  poller.start();
  world.clock->advance(std::chrono::minutes(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_TRUE(parts.builders->is_due(ctx, std::chrono::seconds(1)).value());
  world.clock->advance(std::chrono::minutes(1));
  std::string problem;
  EXPECT_TRUE(
      eventually([&] { return !(problem = parts.builders->get(ctx, builder.id).value().problem).empty(); }));
  EXPECT_THAT(problem, HasSubstr("node bare: builds have no sandbox"));
}

TEST_F(BuildJobTest, ACommitWhoseSubmoduleWasAwayIsOrderedAgainByALaterLook) {
  parts.sandbox.bubblewrap.clear();  // in which no submodule is of this machine
  handler = make_build_handler(parts);
  const Repository inner(folder.path() + "/inner");
  inner.write("file", "x");
  inner.commit("inner");
  Repository::git({"-C", repository.path(), "submodule", "--quiet", "add", inner.url(), "inner"});
  const auto commit = repository.commit("with a submodule");
  std::filesystem::rename(inner.path(), inner.path() + "-away");
  auto wanted = world.wanted("pkg", repository.url());
  wanted.submodules = 1;
  const auto id = parts.builders->create(ctx, wanted).value().builder.id;
  EXPECT_THAT(work(), HasSubstr("git submodule"));
  EXPECT_EQ(parts.builders->get(ctx, id).value().head, commit) << "it is tried again";
  world.clock->advance(std::chrono::hours(2));
  EXPECT_THAT(work(), HasSubstr("git submodule"));
  EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::failed);
  EXPECT_EQ(parts.builders->get(ctx, id).value().head, "");
  EXPECT_FALSE(parts.builds->may_order(ctx, id, commit).value()) << "not at once";

  const auto jobs = [&] { return world.queue->list(ctx, {}).value().size(); };
  Poller poller(parts, std::chrono::seconds(1), {});
  poller.start();
  world.clock->advance(std::chrono::minutes(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(jobs(), 1U);
  std::filesystem::rename(inner.path() + "-away", inner.path());
  world.clock->advance(std::chrono::minutes(5));
  ASSERT_TRUE(eventually([&] { return jobs() == 2; }));
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
  EXPECT_EQ(parts.builders->get(ctx, id).value().head, commit);
}

TEST_F(BuildJobTest, ATagWhoseBuildWasGivenUpForAnOutageIsNewAgain) {
  auto wanted = world.wanted("pkg", repository.url());
  wanted.trigger = Trigger::tags;
  Repository::git({"-C", repository.path(), "tag", "v1"});
  const auto builder = parts.builders->create(ctx, wanted).value().builder;
  EXPECT_EQ(work(), "");
  const auto known = parts.builds->known_tags(ctx, builder.id).value();
  ASSERT_EQ(known.size(), 1U);
  const Builds::Plan plan{.wanted = {{"refs/tags/v1", known[0].commit}}};
  ASSERT_TRUE(parts.builds->order(ctx, builder, 1000, plan));
  const auto error = fail(Errc::unavailable, "away").value();
  const auto open = parts.builds->open(ctx, 1000).value();
  ASSERT_TRUE(parts.builds->note_failure(ctx, open.at(0), error, Builds::After::over));
  EXPECT_EQ(parts.builds->known_tags(ctx, builder.id).value(), known);
  ASSERT_TRUE(parts.builds->note_failure(ctx, open.at(0), error, Builds::After::forgotten));
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_EQ(work(), "");
  EXPECT_THAT(last, HasSubstr("\"ref\":\"v1\""));
  EXPECT_EQ(parts.builds->known_tags(ctx, builder.id).value(), known);
}

TEST_F(BuildJobTest, AnIndexThatIsAwayIsNoFailureOfAPackageAndItsOwnFailureIs) {
  const auto python = folder.path() + "/R/bin/python3";
  publisher->type = model::SourceType::git_python;
  parts.tools.python = folder.path() + "/R";
  parts.tools.python_index = "http://127.0.0.1:1/simple";
  repository.write("setup.py", "");
  const auto commit = repository.commit("python");
  const auto given_up_after = [&](const std::string& name, const std::string& says) {
    std::ofstream(python)
        << "#!/bin/sh\nif [ \"$1\" = -I ]; then printf '/usr\\n/usr\\n/usr\\nbuild\\n'; exit 0; fi\n"
        << "echo \"" << says << "\"; exit 1\n";
    std::filesystem::permissions(python, std::filesystem::perms::owner_all);
    const auto by = make_build_handler(parts);
    const auto builder = parts.builders->create(ctx, world.wanted(name, repository.url())).value().builder;
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(work(*by), HasSubstr("building the sdist failed"));
      world.clock->advance(std::chrono::hours(2));
    }
    EXPECT_EQ(parts.builds->list(ctx, {}).value().at(0).state, Build::State::failed);
    return parts.builders->get(ctx, builder.id).value().head;
  };
  EXPECT_EQ(given_up_after("away", "WARNING: Retrying after connection broken by NewConnectionError"), "");
  EXPECT_EQ(given_up_after("broken", "error: invalid syntax"), commit);
}

TEST_F(BuildJobTest, OthersThatWriteAtTheSameTimeAreNoReasonToGiveUp) {
  make();
  publisher->broken = "others changed it";
  publisher->code = Errc::conflict;
  EXPECT_EQ(work(), "others changed it");
  publisher->broken.clear();
  world.clock->advance(std::chrono::hours(2));
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
}

TEST_F(BuildJobTest, AMovedTagWithTheSameVersionIsRefusedAndACommitReplaces) {
  auto wanted = world.wanted("pkg", repository.url());
  wanted.trigger = Trigger::tags;
  Repository::git({"-C", repository.path(), "tag", "v1"});
  const auto builder = parts.builders->create(ctx, wanted).value().builder;
  EXPECT_EQ(work(), "");
  EXPECT_FALSE(publisher->published.at(0).replace);
  repository.write("more", "x");
  repository.commit("the same version");
  Repository::git({"-C", repository.path(), "tag", "--force", "v1"});
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_THAT(work(), HasSubstr("is there"));
  const auto builds = parts.builds->list(ctx, {}).value();
  EXPECT_EQ(builds.at(0).state, Build::State::failed);
  EXPECT_THAT(builds.at(0).error, HasSubstr("push a tag with a new one"));
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(BuildJobTest, AnOlderCommitIsNotPublishedAfterANewerOne) {
  const auto builder = make();
  EXPECT_EQ(work(), "");
  const Builds::Plan plan{.wanted = {{"HEAD", std::string(40, 'a')}, {"HEAD", std::string(40, 'b')}}};
  ASSERT_TRUE(parts.builds->order(ctx, builder, 1000, plan));
  const auto open = parts.builds->open(ctx, 1000).value();
  ASSERT_EQ(open.size(), 2U);
  ASSERT_TRUE(parts.builds->note_files(ctx, open[1], {}));
  ASSERT_TRUE(parts.builds->succeed(ctx, open[1], {"pkg", "1.1", 2}));
  const auto older = parts.builds->note_files(ctx, open[0], {});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code(), Errc::invalid_argument);
  auto asked = open[0];
  asked.ref.clear();
  EXPECT_TRUE(parts.builds->note_files(ctx, asked, {})) << "by its number";
}

TEST_F(BuildJobTest, OneJobBuildsForABuilderAtATime) {
  const auto builder = make();
  const auto first = lease();
  ASSERT_TRUE(first);
  EXPECT_EQ(parts.builders->claim_building(ctx, builder.id, first->id).value(), first->id);
  EXPECT_EQ(parts.builders->claim_building(ctx, builder.id, 77).value(), first->id);
  world.clock->advance(std::chrono::minutes(2));  // its node died
  EXPECT_EQ(parts.builders->claim_building(ctx, builder.id, 77).value(), 77);
}

TEST_F(BuildJobTest, ATurnWaitsForTheOtherJobOfItsBuilder) {
  const auto builder = make();
  const auto first = lease();
  ASSERT_TRUE(first);
  ASSERT_TRUE(parts.builders->claim_building(ctx, builder.id, first->id));
  Order again{builder.id};
  again.again = true;
  ASSERT_TRUE(parts.builders->order(ctx, builder, again));
  const auto other = lease();
  ASSERT_TRUE(other);
  jobs::testing::FakeTurn turn(*other);
  std::string ended = "not yet";
  std::thread second([&] { ended = work(turn, *handler); });
  const auto waits = "waiting for job " + std::to_string(first->id) + " of the same builder";
  EXPECT_TRUE(eventually([&] { return turn.last().message == waits; })) << turn.last().message;
  EXPECT_TRUE(publisher->published.empty());
  EXPECT_TRUE(world.queue->finish(ctx, first->lease(), jobs::Ending::done, Result<>(), {}));
  second.join();
  EXPECT_EQ(ended, "");
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(BuildJobTest, OfVeryManyBuildsAnotherJobMakesTheRest) {
  EXPECT_TRUE(handler->takes_long());
  auto wanted = world.wanted("pkg", repository.url());
  wanted.trigger = Trigger::tags;
  const auto builder = parts.builders->create(ctx, wanted).value().builder;
  EXPECT_EQ(work(), "");
  for (int i = 0; i < 4; ++i) {
    release("2." + std::to_string(i));
    Repository::git({"-C", repository.path(), "tag", "v2." + std::to_string(i)});
  }
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_EQ(work(), "");
  EXPECT_EQ(files().size(), 3U);
  EXPECT_EQ(work(), "");
  EXPECT_EQ(files().size(), 4U);
  EXPECT_EQ(work(), "no job");
}

TEST_F(BuildJobTest, ACommitThatCameWhileOneWaitsToBeTriedAgainTakesItsPlace) {
  const auto builder = make();
  repository.write("DESCRIPTION", "Package: pkg\n");
  repository.commit("no version");
  EXPECT_THAT(work(), HasSubstr("R CMD build failed"));
  release("1.1");
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  world.clock->advance(std::chrono::hours(2));
  EXPECT_EQ(work(), "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.1.tar.gz"));
  const auto builds = parts.builds->list(ctx, {}).value();
  ASSERT_EQ(builds.size(), 2U);
  EXPECT_EQ(builds[1].state, Build::State::failed);
  EXPECT_THAT(builds[1].error, HasSubstr("given up for commit"));
}

TEST_F(BuildJobTest, AnotherPackageThanBeforeIsRefused) {
  const auto builder = make();
  EXPECT_EQ(work(), "");
  repository.write("DESCRIPTION", "Package: other\nVersion: 1.0\n");
  repository.commit("renamed");
  ASSERT_TRUE(parts.builders->order(ctx, builder, {builder.id}));
  EXPECT_THAT(work(), HasSubstr("makes the package 'pkg'"));
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz"));
}

TEST_F(BuildJobTest, LinksThatLeadOutAndFoldersThatAreNotThereAreRefused) {
  std::filesystem::create_directory_symlink("/etc", repository.path() + "/out");
  repository.commit("link");
  for (const std::string sub_dir : {"out", "nowhere"}) {
    auto wanted = world.wanted("b-" + sub_dir, repository.url());
    wanted.sub_dir = sub_dir;
    ASSERT_TRUE(parts.builders->create(ctx, wanted));
    EXPECT_NE(work(), "");
  }
  EXPECT_TRUE(publisher->published.empty());
}

TEST_F(BuildJobTest, WhatIsMadeMustBeAFile) {
  std::ofstream(r) << "#!/bin/sh\nln -s /etc/passwd pkg_1.0.tar.gz\n";
  make();
  EXPECT_THAT(work(), HasSubstr("which is no file"));
  EXPECT_TRUE(publisher->published.empty());
}

TEST_F(BuildJobTest, ThePollerOrdersABuildOfWhatIsNew) {
  const auto builder = make();
  EXPECT_EQ(work(), "");
  Poller poller(parts, std::chrono::seconds(1), {});
  poller.start();
  release("2.0");
  world.clock->advance(std::chrono::minutes(1));
  std::string ended;
  EXPECT_TRUE(eventually([&] { return (ended = work()) != "no job"; }));
  EXPECT_EQ(ended, "");
  EXPECT_THAT(files(), ElementsAre("pkg_1.0.tar.gz", "pkg_2.0.tar.gz"));
}

}  // namespace
}  // namespace granary::build
