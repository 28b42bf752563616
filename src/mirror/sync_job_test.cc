#include "mirror/sync_job.h"

#include "base/json.h"
#include "jobs/testing/fake_turn.h"
#include "mirror/testing/world.h"

namespace granary::mirror {
namespace {

using jobs::testing::FakeTurn;

class SyncJobTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(database->migrate(ctx, jobs::migrations()));
    parts.queue = jobs::make_queue(database, clock);
    parts.schedules = std::make_shared<jobs::Schedules>(database, clock);
    mirrors = make_mirrors(parts);
  }
  std::unique_ptr<Mirrors> mirrors;
};

TEST_F(SyncJobTest, TheResultSaysWhatChangedAndProblemsFailTheTurn) {
  const auto cran = make_source("cran", model::SourceType::cran);
  upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.0\n\nPackage: bbb\nVersion: 2.0\n");
  FakeTurn told(sync_job(cran));
  ASSERT_TRUE(mirrors->sync_handler()->run(ctx, told));
  const auto result = Json::parse(told.left());
  ASSERT_TRUE(result) << told.left();
  EXPECT_EQ((*result)["packages"].integer(), 2);
  EXPECT_EQ((*result)["removed"].integer(), 0);

  upstream->break_with("", Errc::unavailable);
  FakeTurn again(sync_job(cran));
  EXPECT_FALSE(mirrors->sync_handler()->run(ctx, again));
  EXPECT_TRUE(again.left().empty());
  EXPECT_NE(state(cran, "sync.problem"), "");

  FakeTurn gone(sync_job({4711}));
  EXPECT_EQ(mirrors->sync_handler()->run(ctx, gone).error().code(), Errc::not_found);
}

TEST_F(SyncJobTest, AMirrorThatWasMadeOrFollowsAnotherUpstreamIsSynchronisedByItself) {
  NewSource wanted;
  wanted.name = "cran";
  const auto made = mirrors->create(ctx, wanted);
  ASSERT_TRUE(made) << made.error().message();
  const auto info = mirrors->info(ctx, made->id);
  ASSERT_TRUE(info);
  ASSERT_EQ(info->jobs.size(), 1U);
  EXPECT_EQ(info->jobs[0].spec.kind, "sync");
  EXPECT_TRUE(info->next_sync);
  ASSERT_TRUE(parts.queue->cancel(ctx, info->jobs[0].id));
  UpstreamChange change;
  change.url = "http://another.test";
  ASSERT_TRUE(mirrors->change(ctx, "cran", change));
  EXPECT_EQ(mirrors->info(ctx, made->id)->jobs.size(), 1U);
}

TEST_F(SyncJobTest, ADefaultRepositoryIsMadeOnceAndNothingThatIsThereIsTouched) {
  const DefaultRepository wanted{"pypi", model::SourceType::pypi, true};
  EXPECT_TRUE(mirrors->make_default(ctx, wanted).value_or(false));
  EXPECT_FALSE(mirrors->make_default(ctx, wanted).value_or(true));
  ASSERT_TRUE(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    const auto repository = TRY(view.find_repository("pypi"));
    EXPECT_TRUE(repository && repository->authenticated && repository->sources.size() == 1 &&
                repository->type == model::Ecosystem::python);
    return {};
  }));
  EXPECT_FALSE(mirrors->make_default(ctx, {"", model::SourceType::cran}).value_or(true));
  EXPECT_EQ(mirrors->make_default(ctx, {"no name", model::SourceType::cran}).error().code(),
            Errc::invalid_argument);
  make_source("team", model::SourceType::local);
  EXPECT_EQ(mirrors->make_default(ctx, {"team", model::SourceType::cran}).error().code(), Errc::conflict);
}

}  // namespace
}  // namespace granary::mirror
