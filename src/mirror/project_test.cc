#include "mirror/project.h"

#include <thread>

#include "catalog/testing/interrupted.h"
#include "mirror/testing/index.h"

namespace granary::mirror {
namespace {

using std::chrono::minutes;
using Strings = std::vector<std::string>;

class ProjectTest : public IndexWorld {
 protected:
  void SetUp() override {
    IndexWorld::SetUp();
    projects = std::make_unique<Projects>(parts);
  }
  std::unique_ptr<Projects> projects;
};

TEST_F(ProjectTest, IsFetchedOnceAndThenAnsweredFromMemory) {
  page("foo", {"1.0"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(upstream->count("foo/"), 1U);
  EXPECT_EQ(versions("foo"), (Strings{"1.0"}));
}

TEST_F(ProjectTest, ManyWhoAskAtOnceCauseOneRequest) {
  page("foo", {"1.0"});
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i)
    clients.emplace_back([&] { good += projects->want(ctx, source, "foo") ? 1 : 0; });
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(upstream->count("foo/"), 1U);
}

TEST_F(ProjectTest, IsAskedForAgainWhenItIsStale) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  page("foo", {"1.0", "2.0"});
  clock->advance(minutes(11));
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(versions("foo"), (Strings{"1.0", "2.0"}));
}

TEST_F(ProjectTest, IsAskedForInTheBackgroundWhenItGetsOld) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  page("foo", {"1.0", "2.0"});
  clock->advance(minutes(6));
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  const auto deadline = Context::Clock::now() + std::chrono::seconds(30);
  while (versions("foo").size() < 2 && Context::Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(versions("foo"), (Strings{"1.0", "2.0"}));
  EXPECT_EQ(upstream->count("foo/"), 2U);
}

TEST_F(ProjectTest, AnUnchangedPageIsNotWritten) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  model::TxNo before, after;
  const auto number = [&](model::TxNo& to) {
    return parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      to = TRY(view.mirrors().record(source, "", "foo", std::nullopt))->added_in;
      return {};
    });
  };
  ASSERT_TRUE(number(before));
  clock->advance(minutes(11));
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(upstream->count("foo/"), 2U);
  ASSERT_TRUE(number(after));
  EXPECT_EQ(before, after);
}

TEST_F(ProjectTest, WhatIsKnownIsShownWhileUpstreamIsDownWhichIsNotAskedAllTheTime) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  upstream->break_with("", Errc::unavailable);
  clock->advance(minutes(11));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(upstream->count("foo/"), 2U);
  EXPECT_NE(state(source, "page.problem"), "");
  const auto other = projects->want(ctx, source, "bar");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::unavailable);
  upstream->repair();
  page("foo", {"2.0"});
  clock->advance(minutes(6));
  EXPECT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(versions("foo"), (Strings{"2.0"}));
}

TEST_F(ProjectTest, AProjectThatUpstreamDeletesIsGone) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  upstream->remove("foo/");
  clock->advance(minutes(11));
  EXPECT_EQ(projects->want(ctx, source, "foo").error().code(), Errc::not_found);
  EXPECT_EQ(versions("foo"), Strings{});
}

TEST_F(ProjectTest, AnEntryThatCannotBeReadDoesNotTakeItsFileAway) {
  page("foo", {"1.0", "2.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  upstream->put("foo/", R"({"meta":{"api-version":"1.1"},"name":"foo","files":[)"
                        R"({"filename":"foo-1.0.tar.gz","url":7},{"filename":"foo-3.0.tar.gz","url":"x"}]})");
  clock->advance(minutes(11));
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(versions("foo"), (Strings{"1.0", "3.0"}));
  EXPECT_NE(state(source, "page.problem").find("foo-1.0.tar.gz"), std::string::npos);
}

TEST_F(ProjectTest, ALogInPageWithLinksIsNoProjectWithoutFiles) {
  page("foo", {"1.0"});
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  upstream->put("foo/", "<!DOCTYPE html><html><body><a href=\"/login\">Log in</a></body></html>",
                {{"Content-Type", "text/html"}});
  clock->advance(minutes(11));
  ASSERT_TRUE(projects->want(ctx, source, "foo"));
  EXPECT_EQ(versions("foo"), (Strings{"1.0"}));
  EXPECT_NE(state(source, "page.problem"), "");
}

TEST_F(ProjectTest, AListedProjectWithoutAPageIsNoted) {
  list({"foo"}, 5);
  ASSERT_TRUE(sync_now());
  EXPECT_EQ(projects->want(ctx, source, "foo").error().code(), Errc::not_found);
  EXPECT_NE(state(source, "page.problem").find("'foo'"), std::string::npos);
}

TEST_F(ProjectTest, ANameThatUpstreamDoesNotHaveIsAskedForOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(projects->want(ctx, source, "nope").error().code(), Errc::not_found);
  EXPECT_EQ(upstream->count("nope/"), 1U);
}

TEST_F(ProjectTest, AFailureOfTheOwnDatabaseIsNotHeldAgainstUpstream) {
  page("foo", {"1.0"});
  const auto interrupted = std::make_shared<catalog::Interrupted>(parts.catalog);
  parts.catalog = interrupted;
  interrupted->away = true;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(projects->want(ctx, source, "foo").error().brief());
  interrupted->away = false;
  EXPECT_TRUE(projects->want(ctx, source, "foo")) << "at once";
}

TEST_F(ProjectTest, ANameThatIsNotInTheListIsNeverSentUpstream) {
  list({"foo"}, 5);
  ASSERT_TRUE(sync_now());
  EXPECT_EQ(projects->want(ctx, source, "secret").error().code(), Errc::not_found);
  EXPECT_EQ(upstream->count("secret/"), 0U);
}

}  // namespace
}  // namespace granary::mirror
