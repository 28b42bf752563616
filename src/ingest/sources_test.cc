#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class SourcesTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(ingest->create_source(ctx, "r2", model::SourceType::local, "", false));
    ASSERT_TRUE(ingest->create_repository(ctx, prod, false));
  }
  const model::Repository prod{.id = {}, .name = "prod", .description = "", .sources = {}};
};

TEST_F(SourcesTest, NamesAreTakenOnce) {
  EXPECT_EQ(ingest->create_source(ctx, "r", model::SourceType::local, "", false).error().code(),
            Errc::conflict);
  EXPECT_TRUE(ingest->create_source(ctx, "r", model::SourceType::local, "", true));
  EXPECT_EQ(ingest->create_source(ctx, "r", model::SourceType::local_python, "", true).error().code(),
            Errc::conflict);
  EXPECT_EQ(ingest->create_source(ctx, "a/b", model::SourceType::local, "", true).error().code(),
            Errc::invalid_argument);
  EXPECT_EQ(ingest->create_repository(ctx, prod, false).error().code(), Errc::conflict);
  EXPECT_TRUE(ingest->create_repository(ctx, prod, true));
}

TEST_F(SourcesTest, EditChangesWhatIsGiven) {
  EXPECT_EQ(ingest->edit_source(ctx, "r2", "team", std::nullopt)->name, "team");
  EXPECT_EQ(ingest->edit_source(ctx, "team", std::nullopt, "ours")->description, "ours");
  EXPECT_EQ(ingest->edit_source(ctx, "team", "r", std::nullopt).error().code(), Errc::conflict);
  const auto repo = ingest->edit_repository(ctx, "prod", {.authenticated = true}).value();
  EXPECT_TRUE(repo.authenticated);
  EXPECT_EQ(repo.name, "prod");
  EXPECT_EQ(ingest->edit_repository(ctx, "none", {.name = "x"}).error().code(), Errc::not_found);
}

TEST_F(SourcesTest, WhatNeedsATokenIsNotGivenByRedirect) {
  const auto open = ingest->edit_repository(ctx, "prod", {.downloads = model::Downloads::redirect}).value();
  EXPECT_EQ(open.downloads, model::Downloads::redirect);
  const auto refused = ingest->edit_repository(ctx, "prod", {.authenticated = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_TRUE(
      ingest->edit_repository(ctx, "prod", {.authenticated = true, .downloads = model::Downloads::stream}));
  auto other = prod;
  other.name = "other";
  other.authenticated = true;
  other.downloads = model::Downloads::redirect;
  EXPECT_EQ(ingest->create_repository(ctx, other, false).error().code(), Errc::invalid_argument);
}

TEST_F(SourcesTest, SubscriptionsAreOrderedAndFit) {
  ASSERT_TRUE(ingest->subscribe(ctx, "prod", "r", false));
  const auto repo = ingest->subscribe(ctx, "prod", "r2", false).value();
  ASSERT_EQ(repo.sources.size(), 2U);
  const auto reversed = ingest->reorder(ctx, "prod", {"r2", "r"}).value();
  EXPECT_EQ(reversed.sources, (std::vector{repo.sources[1], repo.sources[0]}));
  EXPECT_EQ(ingest->subscribe(ctx, "prod", "py", false).error().code(), Errc::invalid_argument);
  EXPECT_EQ(ingest->subscribe(ctx, "prod", "r", false).error().code(), Errc::conflict);
  EXPECT_TRUE(ingest->subscribe(ctx, "prod", "r", true));
  EXPECT_EQ(ingest->reorder(ctx, "prod", {"r"}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(ingest->reorder(ctx, "prod", {"r", "r"}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(ingest->reorder(ctx, "prod", {"r", "py"}).error().code(), Errc::not_found);
}

TEST_F(SourcesTest, ASubscribedSourceIsNotDeleted) {
  ASSERT_TRUE(ingest->subscribe(ctx, "prod", "r", false));
  const auto got = ingest->delete_source(ctx, "r");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::conflict);
  EXPECT_EQ(got.error().message(), "the source 'r' is subscribed by prod");
  ASSERT_TRUE(ingest->unsubscribe(ctx, "prod", "r"));
  EXPECT_EQ(ingest->unsubscribe(ctx, "prod", "r").error().code(), Errc::not_found);
  EXPECT_TRUE(ingest->delete_source(ctx, "r"));
  EXPECT_EQ(ingest->delete_source(ctx, "r").error().code(), Errc::not_found);
  EXPECT_TRUE(ingest->delete_repository(ctx, "prod"));
  EXPECT_EQ(ingest->delete_repository(ctx, "prod").error().code(), Errc::not_found);
}

}  // namespace
}  // namespace granary::ingest
