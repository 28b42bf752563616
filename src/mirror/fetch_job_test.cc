#include "mirror/fetch_job.h"

#include <cerrno>
#include <map>
#include <mutex>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "jobs/testing/fake_turn.h"
#include "mirror/notes.h"
#include "mirror/testing/world.h"

namespace granary::mirror {
namespace {

using jobs::testing::FakeTurn;

class FetchTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    ASSERT_TRUE(database->migrate(ctx, jobs::migrations()));
    parts.queue = jobs::make_queue(database, clock);
    source = make_source("cran", model::SourceType::cran);
    order.sources = {"cran"};
    order.packages = {"a"};
  }
  model::FileRecord file(int number) const {
    model::FileRecord out;
    out.source = source;
    out.filename = "a_" + std::to_string(number) + ".tar.gz";
    out.size = 10;
    out.origin = model::Origin{{out.filename}, out.filename};
    return out;
  }
  Result<Json> run(int files) {
    const ChooseFiles choose = [this, files](const Context&, const FetchOrder&,
                                             const EachPackage& each) -> Result<Unmet> {
      for (int i = 0; i < files; ++i) TRY(each({file(i)}));
      return unmet;
    };
    const KeepFile keep = [this](const Context&,
                                 const model::FileRecord& one) -> Result<std::optional<std::uint64_t>> {
      const std::lock_guard lock(mutex);
      ++asked;
      if (const auto broken = errors.find(one.filename); broken != errors.end())
        return tl::unexpected(broken->second);
      if (away) return fail(Errc::unavailable, "503");
      if (!kept.insert(one.filename).second) return std::nullopt;
      return 10;
    };
    const auto handler = make_fetch_handler(parts, kFetch, choose, keep);
    FakeTurn told(fetch_job(order, source, true));
    asked = 0;
    const auto outcome = handler->run(ctx, told);
    is_left_to_others = told.is_unable();
    TRY(outcome);
    last_total = told.last().total;
    return Json::parse(told.left());
  }
  static std::int64_t number(const Result<Json>& result, std::string_view name) {
    EXPECT_TRUE(result) << result.error().message();
    return result ? (*result)[name].integer().value_or(-1) : -1;
  }

  FetchOrder order;
  Unmet unmet;
  model::SourceId source;
  std::mutex mutex;
  std::map<std::string, Error> errors;
  std::set<std::string> kept;
  bool away = false, is_left_to_others = false;
  int asked = 0;
  std::int64_t last_total = 0;
};

TEST_F(FetchTest, EveryFileIsKeptAndASecondTurnFindsThem) {
  const auto first = run(500);
  EXPECT_EQ(number(first, "fetched"), 500);
  EXPECT_EQ(number(first, "fetched_bytes"), 5000);
  EXPECT_EQ(number(first, "bytes"), 5000);
  EXPECT_EQ(last_total, 500);
  EXPECT_EQ(kept.size(), 500U);
  const auto again = run(501);
  EXPECT_EQ(number(again, "fetched"), 1);
  EXPECT_EQ(number(again, "held"), 500);
  EXPECT_NE(state(source, std::string(kLastFetch)).find("501 packages: 1 files fetched"), std::string::npos)
      << state(source, std::string(kLastFetch));
}

TEST_F(FetchTest, ADryRunFetchesNothing) {
  order.dry_run = true;
  unmet.missing = {"gone"};
  const auto dry = run(3);
  EXPECT_EQ(number(dry, "files"), 3);
  EXPECT_EQ(number(dry, "bytes"), 30);
  EXPECT_EQ(number(dry, "fetched"), 0);
  EXPECT_EQ(number(dry, "missing_count"), 1);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(state(source, std::string(kLastFetch)), "");
}

TEST_F(FetchTest, ABadFileIsNamedAndDoesNotStopTheRest) {
  errors.emplace("a_7.tar.gz", fail(Errc::unavailable, "has another hash").value());
  errors.emplace("a_8.tar.gz", fail(Errc::not_found, "404").value());
  const auto result = run(100);
  EXPECT_EQ(number(result, "fetched"), 98);
  EXPECT_EQ(number(result, "failed"), 2);
  std::set<std::string> named;
  for (const auto& one : (*result)["problems"].items()) named.emplace(*one.string());
  EXPECT_EQ(named, (std::set<std::string>{"a_7.tar.gz: has another hash", "a_8.tar.gz: 404"}));
}

TEST_F(FetchTest, AnUpstreamThatIsAwayIsTriedAgainLater) {
  away = true;
  const auto result = run(1000);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::unavailable);
  EXPECT_LT(asked, 40);
  // Files that upstream has no more are not an upstream that is away.
  away = false;
  for (int i = 0; i < 60; ++i)
    errors.emplace("a_" + std::to_string(i) + ".tar.gz", fail(Errc::not_found, "404").value());
  EXPECT_EQ(number(run(100), "failed"), 60);
}

TEST_F(FetchTest, AFullDiskStopsItForGood) {
  errors.emplace("a_3.tar.gz", system_error(ENOSPC, "write a file").value());
  const auto result = run(1000);
  ASSERT_FALSE(result);
  EXPECT_FALSE(is_left_to_others);
  EXPECT_TRUE(jobs::is_permanent(result.error().code()));
  EXPECT_NE(result.error().message().find("No space left"), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().hint().find("goes on where it stopped"), std::string::npos);
  EXPECT_LT(asked, 40);
}

TEST_F(FetchTest, AFullDiskOfANodeThatOnlyPassesFilesOnLeavesItToAnother) {
  parts.stores_elsewhere = true;
  errors.emplace("a_3.tar.gz", system_error(ENOSPC, "write a file").value());
  const auto result = run(1000);
  ASSERT_FALSE(result);
  EXPECT_FALSE(jobs::is_permanent(result.error().code()));
  EXPECT_TRUE(is_left_to_others);
  errors.clear();
  EXPECT_EQ(number(run(5), "failed"), 0);
  EXPECT_FALSE(is_left_to_others);
}

TEST_F(FetchTest, WhatStopsTheChoiceStopsTheJob) {
  const ChooseFiles choose = [](const Context&, const FetchOrder&, const EachPackage&) -> Result<Unmet> {
    return fail(Errc::unavailable, "no page");
  };
  const KeepFile keep = [](const Context&, const model::FileRecord&) -> Result<std::optional<std::uint64_t>> {
    return 1;
  };
  FakeTurn told(fetch_job(order, source, true));
  EXPECT_EQ(make_fetch_handler(parts, kFetch, choose, keep)->run(ctx, told).error().message(), "no page");
}

TEST_F(FetchTest, IsOrderedAfterASynchronisationIfTheSettingsSaySo) {
  const auto jobs_there = [&] { return parts.queue->list(ctx, {})->size(); };
  const auto cran = *mirror_source(parts, ctx, source);
  ASSERT_TRUE(fetch_if_wanted(parts, ctx, cran));
  EXPECT_EQ(jobs_there(), 0U);
  parts.fetch.cran = "newest 2";
  ASSERT_TRUE(fetch_if_wanted(parts, ctx, cran));
  ASSERT_TRUE(fetch_if_wanted(parts, ctx, cran));
  ASSERT_EQ(jobs_there(), 1U);
  const auto job = parts.queue->list(ctx, {})->front();
  EXPECT_EQ(job.spec.kind, kFetchAll);
  EXPECT_EQ(job.spec.arguments, R"({"sources":["cran"],"all":true,"newest":2,"dependencies":false})");
  // Another order is another job; the same one is not.
  ASSERT_TRUE(parts.queue->submit(ctx, fetch_job(order, source, true)));
  ASSERT_TRUE(parts.queue->submit(ctx, fetch_job(order, source, true)));
  EXPECT_EQ(jobs_there(), 2U);
}

}  // namespace
}  // namespace granary::mirror
