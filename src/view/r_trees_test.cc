#include "view/r_trees.h"

#include <gtest/gtest.h>

#include "view/testing/mirror_world.h"

namespace granary::view {
namespace {

using model::AsOf;
using std::chrono::days;

constexpr std::chrono::sys_days kDay = std::chrono::year(2024) / 3 / 1;

TEST(RTrees, ShowWhatUpstreamHadOnADay) {
  MirrorWorld world;
  world.publish_upstream("aaa", "1.0", kDay);
  world.publish_upstream("aaa", "1.1", kDay + days(10));
  world.publish_upstream("bbb", "0.1", kDay + days(5));

  EXPECT_EQ(world.versions(world.resolve("cran"), "aaa"), "1.0 1.1");
  EXPECT_EQ(world.versions(world.resolve("cran", AsOf{kDay}), "aaa"), "1.0");
  EXPECT_EQ(world.versions(world.resolve("cran", AsOf{kDay - days(1)}), "aaa"), "");
  EXPECT_EQ(world.names(world.resolve("cran", AsOf{kDay + days(1)})), "aaa");
  EXPECT_EQ(world.names(world.resolve("cran")), "aaa bbb");
}

TEST(RTrees, GiveFilesWithWhereTheyLieUpstream) {
  MirrorWorld world;
  world.publish_upstream("aaa", "1.0", kDay);
  world.publish_upstream("aaa", "1.1", kDay + days(10));
  const auto find = [&](const Snapshot& snapshot, const std::string& name) {
    return *world.views->find_file(world.ctx, snapshot, "aaa", name);
  };
  const auto now = find(world.resolve("cran"), "aaa_1.0.tar.gz");
  ASSERT_TRUE(now);
  EXPECT_TRUE(now->archived);
  EXPECT_EQ(now->origin->urls, (std::vector<std::string>{"src/contrib/Archive/aaa/aaa_1.0.tar.gz",
                                                         "src/contrib/aaa_1.0.tar.gz"}));
  EXPECT_EQ(now->origin->key, "src/contrib/aaa_1.0.tar.gz@0123456789abcdef0123456789abcdef");
  const auto then = find(world.resolve("cran", AsOf{kDay}), "aaa_1.0.tar.gz");
  ASSERT_TRUE(then);
  EXPECT_FALSE(then->archived);
  EXPECT_EQ(then->origin->urls.front(), "src/contrib/aaa_1.0.tar.gz");
  EXPECT_FALSE(find(world.resolve("cran", AsOf{kDay}), "aaa_1.1.tar.gz")) << "it was not there yet";
}

TEST(RTrees, AdvanceWithTheSourceAndKeepWhatNumbersShowed) {
  MirrorWorld world;
  const auto first = world.publish_upstream("aaa", "1.0", kDay);
  EXPECT_EQ(world.versions(world.resolve("cran"), "aaa"), "1.0");
  world.publish_upstream("aaa", "1.1", kDay + days(1));
  world.publish_upstream("bbb", "0.1", kDay + days(1));
  EXPECT_EQ(world.versions(world.resolve("cran"), "aaa"), "1.0 1.1");
  EXPECT_EQ(world.versions(world.resolve("cran"), "bbb"), "0.1");
  EXPECT_EQ(world.versions(world.resolve("cran", first), "aaa"), "1.0");
  EXPECT_EQ(world.versions(world.resolve("cran", first), "bbb"), "");
}

TEST(RTrees, ListNoPackageFromTheDayItWasWithdrawn) {
  MirrorWorld world;
  world.publish_upstream("aaa", "1.0", kDay);
  world.withdraw("aaa", kDay + days(5));
  const auto archived = [&](std::chrono::sys_days day) {
    return (*world.views->files(world.ctx, world.resolve("cran", AsOf{day}), "aaa")).at(0).archived;
  };
  EXPECT_FALSE(archived(kDay + days(4)));
  EXPECT_TRUE(archived(kDay + days(5)));
}

TEST(RTrees, NeverShadowAPackageOfOnesOwn) {
  MirrorWorld world;
  const auto team = world.source("team");
  world.repository("both", {team, world.cran});
  world.publish(team, "aaa", "0.1");
  world.publish_upstream("aaa", "9.0", kDay);
  world.publish_upstream("bbb", "1.0", kDay);
  const auto snapshot = world.resolve("both");
  EXPECT_EQ(world.versions(snapshot, "aaa"), "0.1");
  EXPECT_EQ(world.versions(snapshot, "bbb"), "1.0");
  EXPECT_FALSE(*world.views->find_file(world.ctx, snapshot, "aaa", "aaa_9.0.tar.gz"));
  std::string all;
  EXPECT_TRUE(world.views->for_each_file(world.ctx, snapshot, [&](const model::FileRecord& file) -> Result<> {
    all += file.filename + " ";
    return {};
  }));
  EXPECT_EQ(all, "aaa_0.1.tar.gz bbb_1.0.tar.gz ");
}

class Upstream final : public catalog::OnDemand {
 public:
  Result<> want_project(const Context&, model::SourceId, std::string_view) override { return {}; }
  Result<> want_tree(const Context&, model::SourceId, std::string_view tree) override {
    asked.emplace_back(tree);
    if (answer != Errc::internal) return fail(answer, "told to fail");
    return {};
  }
  std::vector<std::string> asked;
  Errc answer = Errc::internal;  // it has the tree
};

class RTreesOfBinaries : public testing::Test {
 protected:
  RTreesOfBinaries() {
    world.views = make_views(world.catalog, *world.database, world.clock, 1 << 20, upstream);
    own = world.source("own");
    world.repository("all", {own, world.cran});
    put("aaa");
    put("bbb");
  }
  void put(const std::string& package) {
    r::PackageHistory history{.package = package};
    r::HistoryVersion one;
    one.version = "1.0";
    one.file_name = package + "_1.0.zip";
    one.stanza = "Built: R 4.5.1; ; 2025-01-01; windows\n";
    history.versions.push_back(one);
    EXPECT_TRUE(world.catalog->write(world.ctx, [&](catalog::WriteView& view) -> Result<> {
      auto& mirror = view.mirroring();
      return mirror.put_record(world.cran, kWindows, package, r::encode(history), TRY(mirror.take_number()));
    }));
  }
  Result<Snapshot> tree(const std::string& name) {
    return world.views->tree(world.ctx, world.resolve("all"), name);
  }
  std::string names(const Snapshot& snapshot) {
    std::string out;
    EXPECT_TRUE(
        world.views->for_each_file(world.ctx, snapshot, [&](const model::FileRecord& file) -> Result<> {
          out += file.filename + ' ';
          return {};
        }));
    return out;
  }
  static constexpr const char* kWindows = "bin/windows/contrib/4.5";
  std::shared_ptr<Upstream> upstream = std::make_shared<Upstream>();
  MirrorWorld world;
  model::SourceId own;
};

TEST_F(RTreesOfBinaries, ShowWhatUpstreamHasThere) {
  const auto shown = tree(kWindows);
  ASSERT_TRUE(shown);
  EXPECT_EQ(names(*shown), "aaa_1.0.zip bbb_1.0.zip ");
  EXPECT_EQ(upstream->asked, std::vector<std::string>{kWindows});
  const auto file = world.views->find_file(world.ctx, *shown, "aaa", "aaa_1.0.zip");
  ASSERT_TRUE(file && *file);
  EXPECT_EQ((*file)->origin->urls.front(), "bin/windows/contrib/4.5/aaa_1.0.zip");
  EXPECT_NE((*file)->origin->key.find("Built: R 4.5.1"), std::string::npos) << "it may be built again";
  EXPECT_NE(shown->fingerprint, world.resolve("all").fingerprint);
}

TEST_F(RTreesOfBinaries, HaveNoneOfANameOfOnesOwn) {
  world.publish(own, "aaa", "0.1");
  const auto shown = tree(kWindows);
  ASSERT_TRUE(shown);
  EXPECT_EQ(names(*shown), "bbb_1.0.zip ");
  EXPECT_TRUE(world.views->files(world.ctx, *shown, "aaa")->empty());
  for (const auto* name : {"aaa_1.0.zip", "aaa_0.1.tar.gz"})
    EXPECT_FALSE(*world.views->find_file(world.ctx, *shown, "aaa", name)) << name;
}

TEST_F(RTreesOfBinaries, HaveNoneOfANameWhoseSourcesAreOfAnotherMirror) {
  const auto first = world.source("universe", model::SourceType::cran);
  world.subscribe(world.resolve("all").repository->id, {first, world.cran});
  r::PackageHistory history{.package = "bbb"};
  history.versions.push_back({.version = "9.0", .stanza = "Package: bbb\n"});
  EXPECT_TRUE(world.catalog->write(world.ctx, [&](catalog::WriteView& view) -> Result<> {
    auto& mirror = view.mirroring();
    return mirror.put_record(first, "src/contrib", "bbb", r::encode(history), TRY(mirror.take_number()));
  }));
  EXPECT_EQ(names(*tree(kWindows)), "aaa_1.0.zip ");
}

TEST_F(RTreesOfBinaries, ThatUpstreamHasNotAreEmptyAndNotKept) {
  upstream->answer = Errc::not_found;
  const auto shown = tree("bin/windows/contrib/9.9");
  ASSERT_TRUE(shown);
  EXPECT_TRUE(shown->absent);
  EXPECT_FALSE(shown->settled);
  EXPECT_FALSE(shown->fresh.holds());
  EXPECT_EQ(names(*shown), "");
}

TEST_F(RTreesOfBinaries, ThatCannotBeAskedForAreAnError) {
  upstream->answer = Errc::unavailable;
  EXPECT_EQ(tree("bin/windows/contrib/4.6").error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace granary::view
