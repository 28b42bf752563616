#include "mirror/r_source.h"

#include "catalog/mirror_keys.h"
#include "db/testing/failing_database.h"
#include "mirror/testing/world.h"
#include "r/archive_index.h"
#include "r/history.h"

namespace granary::mirror {
namespace {

using std::chrono::days;

constexpr Time kDay{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

class RSourceTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    cran_ = make_source("cran", model::SourceType::cran);
    packages("Package: aaa\nVersion: 1.1\nImports: bbb\n\nPackage: bbb\nVersion: 0.1\n");
    upstream->put("src/contrib/Meta/current.rds",
                  r::current_rds({{"aaa_1.1.tar.gz", 11, kDay + days(9)}, {"bbb_0.1.tar.gz", 12, kDay}}));
    upstream->put("src/contrib/Meta/archive.rds",
                  r::archive_rds({{"aaa", {{"aaa/aaa_1.0.tar.gz", 10, kDay}}},
                                  {"gone", {{"gone/gone_1.0.tar.gz", 10, kDay}}}}));
    upstream->put("src/contrib/PACKAGES.in",
                  "Package: gone\nX-CRAN-Comment: Archived on 2020-01-05 as requested.\n");
  }
  void packages(const std::string& text) { upstream->put("src/contrib/PACKAGES", text); }

  Result<Synced> sync() {
    return sync_r_source(parts, ctx, *mirror_source(parts, ctx, cran_), [](const Step&) {});
  }
  /// "1.0 1.1": what PACKAGES listed of it before that moment.
  std::string current(const std::string& package, std::optional<Time> until = {},
                      const std::string& tree = "src/contrib") {
    std::string out;
    const auto read = parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      const auto record = TRY(view.mirrors().record(cran_, tree, package, std::nullopt));
      if (!record) {
        out = "unknown";
        return {};
      }
      const auto history = TRY(r::decode_history(record->bytes));
      std::vector<std::size_t> found;
      r::current_on(history, until, found);
      for (const auto i : found) out += (out.empty() ? "" : " ") + history.versions[i].version;
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }

  model::SourceId cran_;
};

TEST_F(RSourceTest, OfCranIsKnownForEveryDayAfterTheFirstSynchronisation) {
  const auto synced = sync();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_EQ(synced->packages, 3u);
  EXPECT_EQ(synced->problem, "");
  EXPECT_EQ(current("aaa", kDay + days(1)), "1.0");
  EXPECT_EQ(current("aaa"), "1.1");
  EXPECT_EQ(current("gone", kDay + days(4)), "1.0");
  EXPECT_EQ(current("gone", kDay + days(5)), "");
  EXPECT_NE(state(cran_, std::string(catalog::kSyncedUntil)), "");
}

TEST_F(RSourceTest, WritesNoTransactionWhenNothingChanged) {
  ASSERT_TRUE(sync());
  const auto again = sync();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->transaction.value, 0);
  EXPECT_EQ(transactions(cran_).size(), 1u);
}

TEST_F(RSourceTest, WritesOnlyWhatChanged) {
  ASSERT_TRUE(sync());
  clock->set(kDay + days(30));
  packages(
      "Package: aaa\nVersion: 1.1\nImports: bbb\n\nPackage: bbb\nVersion: 0.2\n\nPackage: ccc\nVersion: "
      "1.0\n");
  const auto synced = sync();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_EQ(synced->packages, 2u);
  EXPECT_EQ(current("bbb", kDay + days(29)), "0.1");
  EXPECT_EQ(current("bbb"), "0.2");
  EXPECT_EQ(current("ccc", kDay + days(30)), "") << "nobody says when: since it was seen";
  EXPECT_EQ(current("ccc"), "1.0");
}

TEST_F(RSourceTest, ShowsARemovedPackageUntilItWasMissed) {
  ASSERT_TRUE(sync());
  clock->set(kDay + days(30));
  packages("Package: aaa\nVersion: 1.1\nImports: bbb\n");
  const auto synced = sync();
  ASSERT_TRUE(synced);
  EXPECT_EQ(synced->removed, 1u);
  EXPECT_EQ(current("bbb", kDay + days(30)), "0.1");
  EXPECT_EQ(current("bbb"), "");
}

TEST_F(RSourceTest, IsReadWithoutTheRecordsThatAreBroken) {
  packages("Package: aaa\nVersion: 1.1\n\nPackage: x\nrubbish\n");
  const auto synced = sync();
  ASSERT_TRUE(synced);
  EXPECT_EQ(synced->skipped, 1u);
  EXPECT_NE(synced->problem, "");
  EXPECT_EQ(current("aaa"), "1.1");
}

TEST_F(RSourceTest, DoesNotLoseAPackageOfWhichTheRecordIsBroken) {
  ASSERT_TRUE(sync());
  clock->set(kDay + days(30));
  packages("Package: aaa\nVersion: 1.2\n\nPackage: bbb\nVersion: rubbish\n");
  ASSERT_TRUE(sync());
  EXPECT_EQ(current("aaa"), "1.2");
  EXPECT_EQ(current("bbb"), "0.1");
  packages("Package: aaa\nVersion: 1.2\n\nPakcage bbb\n");
  const auto synced = sync();
  ASSERT_TRUE(synced);
  EXPECT_EQ(current("bbb"), "0.1") << "the record may be its own";
  EXPECT_EQ(synced->skipped, 1u);
  EXPECT_EQ(sync()->skipped, 1u) << "it is read again until it is whole";
  packages("Package: aaa\nVersion: 1.2\n");
  ASSERT_TRUE(sync());
  EXPECT_EQ(current("bbb"), "");
}

TEST_F(RSourceTest, IsReadFromPlainPackagesWhenThePackedAreDamaged) {
  upstream->put("src/contrib/PACKAGES.gz", "\x1f\x8b\x08 cut off");
  const auto synced = sync();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_NE(synced->problem.find("PACKAGES.gz"), std::string::npos);
  EXPECT_EQ(current("aaa"), "1.1");
}

TEST_F(RSourceTest, IsReadWithoutMetaThatIsAWebPage) {
  upstream->put("src/contrib/Meta/archive.rds", "<html>Moved</html>");
  const auto synced = sync();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_NE(synced->problem, "");
  EXPECT_EQ(current("aaa"), "1.1");
}

TEST_F(RSourceTest, StaysAsItWasWhenUpstreamIsNotWell) {
  ASSERT_TRUE(sync());
  packages("<!DOCTYPE html><html>We are moving</html>");
  EXPECT_EQ(sync().error().code(), Errc::corrupt);
  upstream->break_with("", Errc::unavailable);
  EXPECT_EQ(sync().error().code(), Errc::unavailable);
  EXPECT_EQ(current("aaa"), "1.1");
  EXPECT_EQ(transactions(cran_).size(), 1u);
}

TEST_F(RSourceTest, IsNotBelievedToHaveLostMostOfItsPackages) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "Package: p" + std::to_string(100 + i) + "\nVersion: 1.0\n\n";
  packages(many);
  ASSERT_TRUE(sync());
  packages("Package: p100\nVersion: 1.0\n");
  EXPECT_EQ(sync().error().code(), Errc::unavailable);
  EXPECT_EQ(current("p120"), "1.0");
}

TEST_F(RSourceTest, IsReadAgainAfterItCouldNotBeWritten) {
  // Whatever fails before the one write, nothing of it is visible and the next synchronisation does it all.
  for (const auto* path : {"src/contrib/PACKAGES", "src/contrib/Meta/current.rds",
                           "src/contrib/Meta/archive.rds", "src/contrib/PACKAGES.in"}) {
    upstream->break_with(path, Errc::unavailable);
    EXPECT_FALSE(sync()) << path;
    EXPECT_EQ(current("aaa"), "unknown");
    EXPECT_TRUE(transactions(cran_).empty());
    upstream->repair();
  }
  ASSERT_TRUE(sync());
  EXPECT_EQ(current("aaa", kDay + days(1)), "1.0");
}

TEST_F(RSourceTest, KilledAtAnyStepIsWholeOrNotThereAndResumes) {
  const auto failing = std::make_shared<db::testing::FailingDatabase>(database);
  parts.catalog = catalog::make_catalog(failing, clock);
  int steps = 0;
  for (;; ++steps) {
    cran_ = make_source("cran" + std::to_string(steps), model::SourceType::cran);
    const auto source = *mirror_source(parts, ctx, cran_);
    failing->fail_at(steps + 1);
    const auto synced = sync_r_source(parts, ctx, source, [](const Step&) {});
    const bool failed = failing->failed();
    failing->fail_at(0);
    EXPECT_EQ(synced.has_value(), !failed);
    if (current("aaa") == "unknown") {
      EXPECT_TRUE(transactions(cran_).empty());
      EXPECT_EQ(state(cran_, catalog::first_number_key("src/contrib")), "");
    } else {
      EXPECT_EQ(current("bbb"), "0.1") << "half of it is visible after step " << steps;
    }
    ASSERT_TRUE(sync());
    EXPECT_EQ(transactions(cran_).size(), 1u);
    EXPECT_EQ(current("aaa", kDay + days(1)), "1.0");
    if (!failed) break;
  }
  EXPECT_GE(steps, 5);
}

TEST_F(RSourceTest, TreesOfBinariesAreReadWhenAskedForAndWithTheSourceFromThenOn) {
  const std::string tree = "bin/windows/contrib/4.5";
  upstream->put(tree + "/PACKAGES", "Package: aaa\nVersion: 1.1\n");
  ASSERT_TRUE(sync());
  RTreesOnDemand trees(parts);
  ASSERT_TRUE(trees.want(ctx, cran_, tree));
  ASSERT_TRUE(trees.want(ctx, cran_, tree));
  EXPECT_EQ(upstream->count(tree + "/PACKAGES"), 1u);
  EXPECT_EQ(current("aaa", Time(kDay), tree), "1.1") << "days before show the first state";
  EXPECT_EQ(transactions(cran_).size(), 1u) << "nothing else of the source became stale";
  EXPECT_EQ(trees.want(ctx, cran_, "bin/windows/contrib/9.9").error().code(), Errc::not_found);
  EXPECT_EQ(trees.want(ctx, cran_, "../secret").error().code(), Errc::not_found);

  clock->set(kDay + days(400));
  upstream->put(tree + "/PACKAGES", "Package: aaa\nVersion: 1.2\n");
  ASSERT_TRUE(sync());
  EXPECT_EQ(current("aaa", kDay + days(399), tree), "1.1");
  EXPECT_EQ(current("aaa", std::nullopt, tree), "1.2");
}

TEST_F(RSourceTest, ATreeOfAnUpstreamThatHasJustFailedIsNotAskedForByEveryOne) {
  const std::string tree = "bin/windows/contrib/4.5";
  upstream->put(tree + "/PACKAGES", "Package: aaa\nVersion: 1.1\n");
  upstream->break_with("", Errc::unavailable);
  RTreesOnDemand trees(parts);
  EXPECT_EQ(trees.want(ctx, cran_, tree).error().code(), Errc::unavailable);
  const auto asked = upstream->requests().size();
  upstream->repair();
  EXPECT_EQ(trees.want(ctx, cran_, tree).error().code(), Errc::unavailable);
  EXPECT_EQ(upstream->requests().size(), asked);
  clock->advance(std::chrono::seconds(11));
  EXPECT_TRUE(trees.want(ctx, cran_, tree));
}

TEST_F(RSourceTest, OfBioconductorHasTheTreesOfItsRelease) {
  cran_ = make_source("bioc", model::SourceType::bioconductor);
  upstream->put(
      "config.yaml",
      "release_version: \"3.20\"\ndevel_version: \"3.21\"\nr_ver_for_bioc_ver:\n  \"3.20\": \"4.4\"\n");
  upstream->put("packages/3.20/bioc/src/contrib/PACKAGES", "Package: Biobase\nVersion: 2.66.0\n");
  upstream->put("packages/3.20/data/annotation/src/contrib/PACKAGES", "Package: org.db\nVersion: 3.0\n");
  const auto synced = sync();
  ASSERT_TRUE(synced) << synced.error().message();
  EXPECT_EQ(current("Biobase", std::nullopt, "packages/3.20/bioc/src/contrib"), "2.66.0");
  EXPECT_EQ(current("org.db", std::nullopt, "packages/3.20/data/annotation/src/contrib"), "3.0");
  EXPECT_EQ(sync()->transaction.value, 0);
  upstream->put("config.yaml", "<html>");
  EXPECT_EQ(sync().error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace granary::mirror
