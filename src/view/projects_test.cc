#include "view/projects.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "python/project_record.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

constexpr Time kStart{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

class Fetching final : public catalog::OnDemand {
 public:
  Result<> want_project(const Context&, model::SourceId, std::string_view project) override {
    asked.emplace_back(project);
    return fail(answer, "told to fail");
  }
  Result<> want_tree(const Context&, model::SourceId, std::string_view) override { return {}; }
  std::vector<std::string> asked;
  Errc answer = Errc::not_found;
};

class ProjectsTest : public testing::Test {
 protected:
  void SetUp() override {
    world.views = make_views(world.catalog, *world.database, world.clock, 1 << 20, fetching);
    mirror = world.source("pypi", model::SourceType::pypi);
    own = world.source("own", model::SourceType::local_python);
    world.repository("py", {own, mirror}, model::Ecosystem::python);
  }
  model::TxNo know(const std::string& project, const std::vector<std::pair<std::string, Time>>& versions) {
    python::Project known;
    known.shown = project;
    for (const auto& [version, uploaded] : versions) {
      python::UpstreamFile file;
      file.filename = project + "-" + version + ".tar.gz";
      file.version = version;
      file.url = "https://files.example/" + file.filename;
      file.sha256 = sha256(as_bytes(file.filename));
      file.uploaded_at = uploaded;
      known.files.push_back(std::move(file));
    }
    python::put_in_order(known);
    model::TxNo number;
    const auto written = world.catalog->write(world.ctx, [&](catalog::WriteView& view) -> Result<> {
      number = TRY(view.mirroring().take_number());
      view.mirroring().announce_project(mirror, project);
      const auto bytes = python::encode(known);
      return view.mirroring().put_record(mirror, "", project, bytes, number);
    });
    EXPECT_TRUE(written);
    return number;
  }
  void publish_own(const std::string& project) {
    model::FileRecord file;
    file.source = own;
    file.package = file.name = project;
    file.version = "9.0";
    file.filename = project + "-9.0.tar.gz";
    file.kind = model::FileKind::sdist;
    world.add(file);
  }
  Snapshot at(const std::string& project, const model::SnapshotRef& ref = model::Latest{}) {
    const auto narrowed = world.views->project(world.ctx, world.resolve("py", ref), project);
    EXPECT_TRUE(narrowed) << narrowed.error().message();
    return *narrowed;
  }
  std::string versions(const std::string& project, const model::SnapshotRef& ref = model::Latest{}) {
    return world.versions(at(project, ref), project);
  }

  std::shared_ptr<Fetching> fetching = std::make_shared<Fetching>();
  World world;
  model::SourceId mirror, own;
};

TEST_F(ProjectsTest, AMirroredProjectIsShownAsOfAnyDay) {
  know("foo", {{"1.0", kStart}, {"2.0", kStart + std::chrono::hours(100)}});
  EXPECT_EQ(versions("foo"), "1.0 2.0");
  EXPECT_EQ(versions("foo", model::AsOf{std::chrono::year(2020) / 1 / 2}), "1.0");
  EXPECT_EQ(versions("foo", model::AsOf{std::chrono::year(2019) / 1 / 2}), "");
  EXPECT_EQ(versions("bar"), "");
  EXPECT_EQ(fetching->asked.back(), "bar");
}

TEST_F(ProjectsTest, AFileSaysWhereItIsToBeHad) {
  know("foo", {{"1.0", kStart}});
  const auto file = world.views->find_file(world.ctx, at("foo"), "foo", "foo-1.0.tar.gz");
  ASSERT_TRUE(file && *file);
  EXPECT_EQ((*file)->origin->urls, (std::vector<std::string>{"https://files.example/foo-1.0.tar.gz"}));
  EXPECT_TRUE((*file)->origin->digest_known);
}

TEST_F(ProjectsTest, OwnNamesWinWholeAlsoOnDaysBeforeTheyWerePublished) {
  know("foo", {{"1.0", kStart}});
  publish_own("foo");
  EXPECT_EQ(versions("foo"), "9.0");
  EXPECT_EQ(versions("foo", model::AsOf{std::chrono::year(2020) / 1 / 2}), "");
  EXPECT_TRUE(fetching->asked.empty());
}

TEST_F(ProjectsTest, AChangeOfOneProjectLeavesTheAnswersOfOthers) {
  know("foo", {{"1.0", kStart}});
  know("bar", {{"1.0", kStart}});
  const auto foo = at("foo"), bar = at("bar");
  EXPECT_TRUE(foo.fresh.holds());
  know("foo", {{"1.0", kStart}, {"2.0", kStart}});
  EXPECT_FALSE(foo.fresh.holds());
  EXPECT_TRUE(bar.fresh.holds());
  EXPECT_EQ(at("bar").fingerprint, bar.fingerprint);
  EXPECT_NE(at("foo").fingerprint, foo.fingerprint);
  EXPECT_EQ(versions("foo"), "1.0 2.0");
}

TEST_F(ProjectsTest, AnUploadToAnOwnSourceMakesTheAnswersOfMirroredProjectsStale) {
  know("foo", {{"1.0", kStart}});
  const auto foo = at("foo");
  publish_own("foo");
  EXPECT_FALSE(foo.fresh.holds());
}

TEST_F(ProjectsTest, WhatIsKnownIsShownWhileUpstreamIsDown) {
  know("foo", {{"1.0", kStart}});
  fetching->answer = Errc::unavailable;
  EXPECT_EQ(versions("foo"), "1.0");
  const auto unknown = world.views->project(world.ctx, world.resolve("py"), "bar");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace granary::view
