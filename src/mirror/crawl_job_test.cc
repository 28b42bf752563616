#include "mirror/crawl_job.h"

#include <mutex>

#include "base/json.h"
#include "jobs/testing/fake_turn.h"
#include "mirror/project.h"
#include "mirror/testing/index.h"

namespace granary::mirror {
namespace {

using jobs::testing::FakeTurn;
using Strings = std::vector<std::string>;

class CrawlTest : public IndexWorld {
 protected:
  void SetUp() override {
    IndexWorld::SetUp();
    ASSERT_TRUE(database->migrate(ctx, jobs::migrations()));
    parts.queue = jobs::make_queue(database, clock);
    projects = std::make_unique<Projects>(parts);
    handler =
        make_crawl_handler(parts, [this](const Context& c, model::SourceId id, std::string_view project) {
          {
            const std::lock_guard lock(mutex);
            asked.emplace_back(project);
          }
          return projects->refresh(c, id, project);
        });
  }
  Result<std::string> crawl() {
    FakeTurn told(crawl_job(source));
    asked.clear();
    TRY(handler->run(ctx, told));
    return told.left();
  }
  std::unique_ptr<Projects> projects;
  std::unique_ptr<jobs::Handler> handler;
  std::mutex mutex;
  Strings asked;
};

TEST_F(CrawlTest, EveryPageIsKnownAfterwardsAndOnlyWhatChangedIsAskedForAgain) {
  list({"alpha"}, 5);
  page("alpha", {"1.0", "1.1"});
  ASSERT_TRUE(sync_now());
  const auto first = crawl();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(*first, R"({"fetched":1,"absent":0,"unreadable":0})");
  EXPECT_EQ(versions("alpha"), (Strings{"1.0", "1.1"}));
  EXPECT_EQ(state(source, std::string(kCrawledUntil)), "5");

  ASSERT_TRUE(crawl());
  EXPECT_EQ(asked, Strings{});
}

TEST_F(CrawlTest, WhatCouldNotBeAskedFailsTheJobAndIsAllThatIsAskedForNext) {
  list({"alpha", "beta"}, 5);
  page("alpha", {"1.0"});
  ASSERT_TRUE(sync_now());
  ASSERT_TRUE(projects->refresh(ctx, source, "alpha"));
  upstream->break_with("beta/", Errc::unavailable);
  EXPECT_EQ(crawl().error().code(), Errc::unavailable);
  EXPECT_EQ(state(source, std::string(kCrawledUntil)), "");
  upstream->repair();
  page("beta", {"2.0"});
  ASSERT_TRUE(crawl());
  EXPECT_EQ(versions("beta"), Strings{"2.0"});
}

TEST_F(CrawlTest, APageThatCannotBeReadAndAProjectThatIsGoneDoNotStopTheRest) {
  list({"alpha"}, 5);
  ASSERT_TRUE(sync_now());
  EXPECT_EQ(crawl().value_or(""), R"({"fetched":0,"absent":1,"unreadable":0})");
  list({"beta"}, 6);
  ASSERT_TRUE(sync_now());
  upstream->put("beta/", "<html><body>sign in</body></html>");
  EXPECT_EQ(crawl().value_or(""), R"({"fetched":0,"absent":0,"unreadable":1})");
}

TEST_F(CrawlTest, IsOrderedOnceOrByTheSettingAndBeginsAfterASynchronisation) {
  const auto jobs_there = [&] { return parts.queue->list(ctx, {.kind = "crawl"})->size(); };
  const auto pypi = *mirror_source(parts, ctx, source);
  ASSERT_TRUE(crawl_if_wanted(parts, ctx, pypi));
  EXPECT_EQ(jobs_there(), 0U);
  ASSERT_TRUE(want_crawl(parts, ctx, source));
  ASSERT_TRUE(crawl_if_wanted(parts, ctx, pypi));
  EXPECT_EQ(jobs_there(), 1U);
  ASSERT_TRUE(parts.queue->cancel(ctx, parts.queue->list(ctx, {})->front().id));
  list({}, 1);
  ASSERT_TRUE(sync_now());
  ASSERT_TRUE(crawl());
  ASSERT_TRUE(crawl_if_wanted(parts, ctx, pypi));
  EXPECT_EQ(jobs_there(), 1U) << "what was ordered is done";
  parts.crawl = true;
  ASSERT_TRUE(crawl_if_wanted(parts, ctx, pypi));
  EXPECT_EQ(jobs_there(), 2U);
  const auto cran = make_source("cran", model::SourceType::cran);
  EXPECT_EQ(want_crawl(parts, ctx, cran).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::mirror
