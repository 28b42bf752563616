#include "mirror/describe.h"

#include "archive/testing/build_archive.h"
#include "catalog/mirror_keys.h"
#include "jobs/queue.h"
#include "jobs/testing/fake_turn.h"
#include "mirror/describe_job.h"
#include "mirror/description_head.h"
#include "mirror/r_source.h"
#include "mirror/testing/world.h"
#include "r/archive_index.h"
#include "r/history.h"

namespace granary::mirror {
namespace {

using jobs::testing::FakeTurn;
using std::chrono::days;

constexpr Time kDay{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

std::string tarball(const std::string& package, const std::string& version, const std::string& imports,
                    std::size_t before = 0) {
  std::vector<archive::BuildEntry> entries;
  std::string noise;
  for (std::uint32_t x = 1; noise.size() < before;)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  if (before > 0) entries.push_back({.path = package + "/AAA", .bytes = noise});
  entries.push_back({.path = package + "/DESCRIPTION",
                     .bytes = "Package: " + package + "\nVersion: " + version + "\nImports: " + imports +
                              "\nTitle: Some\n"});
  entries.push_back({.path = package + "/R/code.R", .bytes = "1\n"});
  return archive::build_tar_gz(entries);
}

class DescribeTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    cran_ = make_source("cran", model::SourceType::cran);
    upstream->put("src/contrib/PACKAGES", "Package: aaa\nVersion: 1.2\nImports: ccc\n");
    upstream->put("src/contrib/Meta/current.rds", r::current_rds({{"aaa_1.2.tar.gz", 11, kDay + days(20)}}));
    upstream->put(
        "src/contrib/Meta/archive.rds",
        r::archive_rds(
            {{"aaa", {{"aaa/aaa_1.0.tar.gz", 0, kDay}, {"aaa/aaa_1.1.tar.gz", 10, kDay + days(10)}}},
             {"gone", {{"gone/gone_1.0.tar.gz", 10, kDay}}}}));
    put("aaa", "1.0", tarball("aaa", "1.0", "bbb"));
    put("aaa", "1.1", tarball("aaa", "1.1", "bbb, ddd", 100'000));
    put("gone", "1.0", tarball("gone", "1.0", "eee"));
    ASSERT_TRUE(sync_r_source(parts, ctx, source(), [](const Step&) {}));
  }
  void put(const std::string& package, const std::string& version, const std::string& bytes) {
    upstream->put(path_of(package, version), bytes);
  }
  static std::string path_of(const std::string& package, const std::string& version) {
    return "src/contrib/Archive/" + package + '/' + package + '_' + version + ".tar.gz";
  }
  model::Source source() { return *mirror_source(parts, ctx, cran_); }
  Result<> run_job() {
    FakeTurn turn(describe_job(cran_));
    auto done = make_describe_handler(parts)->run(ctx, turn);
    progress_ = turn.last();
    return done;
  }
  std::size_t left() {
    std::size_t count = 0;
    const auto all = list_undescribed(parts, ctx, cran_, std::nullopt);
    EXPECT_TRUE(all);
    for (const auto& one : all.value()) count += one.versions.size();
    return count;
  }
  /// The stanza of a version as the record of that number has it.
  std::string stanza(const std::string& package, const std::string& version,
                     std::optional<model::TxNo> at = {}) {
    std::string out = "unknown";
    EXPECT_TRUE(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      const auto record = TRY(view.mirrors().record(cran_, "src/contrib", package, at));
      const auto history = TRY(r::decode_history(record->bytes));
      for (const auto& one : history.versions)
        if (one.version == version) out = one.stanza;
      return {};
    }));
    return out;
  }

  model::SourceId cran_;
  jobs::Progress progress_;
};

TEST_F(DescribeTest, AJobReadsWhatEveryOldVersionNeeded) {
  EXPECT_EQ(left(), 3u);
  EXPECT_EQ(state(cran_, std::string(kToDescribe)), "1");
  const auto before = transactions(cran_).front().number;
  ASSERT_TRUE(run_job());
  EXPECT_EQ(left(), 0u);
  EXPECT_EQ(state(cran_, std::string(kToDescribe)), "");
  EXPECT_EQ(stanza("aaa", "1.0"), "Package: aaa\nVersion: 1.0\nImports: bbb\nTitle: Some\n");
  EXPECT_EQ(stanza("aaa", "1.1"), "Package: aaa\nVersion: 1.1\nImports: bbb, ddd\nTitle: Some\n");
  EXPECT_EQ(stanza("aaa", "1.2"), "Package: aaa\nVersion: 1.2\nImports: ccc\n");
  EXPECT_EQ(progress_.done, 3);
  EXPECT_EQ(progress_.total, 3);
  ASSERT_EQ(transactions(cran_).size(), 2u);
  EXPECT_EQ(transactions(cran_).front().kind, model::TxKind::describe);
  EXPECT_EQ(stanza("aaa", "1.0", before), "") << "a number shows what was known then";
  // A second run finds nothing to do and asks for nothing.
  const auto asked = upstream->requests().size();
  ASSERT_TRUE(run_job());
  EXPECT_EQ(upstream->requests().size(), asked);
  EXPECT_EQ(transactions(cran_).size(), 2u);
}

TEST_F(DescribeTest, OnlyAsMuchOfATarballIsReadAsLeadsToDescription) {
  const Context& c = ctx;
  for (const auto& [version, requests] : {std::pair("1.0", 1U), std::pair("1.1", 2U)}) {
    const auto before = upstream->requests().size();
    const auto got = fetch_description(c, *upstream, {path_of("aaa", version)}, "aaa", version, false);
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(upstream->requests().size() - before, requests) << version;
    EXPECT_GT(got->size, 0u);
  }
}

TEST_F(DescribeTest, WhatCannotBeReadIsListedByNameAndNotAskedForAgain) {
  put("aaa", "1.0", "<html>no</html>");
  put("aaa", "1.1", tarball("aaa", "9.9", "bbb"));
  upstream->remove(path_of("gone", "1.0"));
  ASSERT_TRUE(run_job());
  EXPECT_EQ(left(), 0u);
  EXPECT_EQ(stanza("aaa", "1.0"), "Package: aaa\nVersion: 1.0\n");
  EXPECT_EQ(stanza("aaa", "1.1"), "Package: aaa\nVersion: 1.1\n");
  EXPECT_EQ(stanza("gone", "1.0"), "Package: gone\nVersion: 1.0\n");
}

TEST_F(DescribeTest, AnUpstreamThatIsDownIsAskedLaterForTheRest) {
  upstream->break_with(path_of("aaa", "1.1"), Errc::unavailable);
  const auto done = run_job();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::unavailable);
  EXPECT_EQ(left(), 1u);
  EXPECT_EQ(state(cran_, std::string(kToDescribe)), "1");
  upstream->repair();
  ASSERT_TRUE(run_job());
  EXPECT_EQ(left(), 0u);
  EXPECT_EQ(upstream->count(path_of("aaa", "1.0")), 1u);
}

TEST_F(DescribeTest, DaysThatSomebodyAskedForComeFirst) {
  const auto day = list_undescribed(parts, ctx, cran_, kDay + days(5));
  ASSERT_TRUE(day);
  std::vector<std::string> names;
  for (const auto& one : *day)
    for (const auto& version : one.versions) names.push_back(one.package + ' ' + version.version);
  EXPECT_EQ(names, (std::vector<std::string>{"aaa 1.0", "gone 1.0"}));
}

TEST_F(DescribeTest, ARequestWaitsForTheFewThatItNeeds) {
  DescribeOnDemand demand(parts);
  const std::vector<catalog::OnDemand::Version> few = {{"aaa", "1.0"}};
  EXPECT_TRUE(*demand.want(ctx, cran_, few, std::nullopt));
  EXPECT_EQ(left(), 2u);
  EXPECT_TRUE(*demand.want(ctx, cran_, few, std::nullopt)) << "known by now";
  EXPECT_EQ(upstream->count(path_of("aaa", "1.0")), 1u);
  upstream->break_with("", Errc::unavailable);
  EXPECT_FALSE(*demand.want(ctx, cran_, {{"aaa", "1.1"}}, std::nullopt));
  upstream->repair();
  EXPECT_FALSE(*demand.want(ctx, cran_, {{"aaa", "1.1"}}, std::nullopt)) << "upstream is left alone";
  clock->advance(std::chrono::minutes(2));
  EXPECT_TRUE(*demand.want(ctx, cran_, {{"aaa", "1.1"}}, std::nullopt));
}

}  // namespace
}  // namespace granary::mirror
