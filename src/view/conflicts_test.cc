#include "view/conflicts.h"

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "catalog/mirror_keys.h"
#include "view/testing/mirror_world.h"

namespace granary::view {
namespace {

class ConflictsTest : public testing::Test, public MirrorWorld {
 protected:
  ConflictsTest() : team(source("team")) {
    const auto done = catalog->write(ctx, [&](catalog::WriteView& view) {
      return view.mirroring().set_state(cran, catalog::first_number_key("src/contrib"), "1");
    });
    EXPECT_TRUE(done);
    publish_upstream("demo", "1.2", *parse_day("2020-01-01"));
    publish_upstream("demo", "1.10", *parse_day("2021-01-01"));
    publish_upstream("other", "3.0", *parse_day("2021-01-01"));
    publish(team, "demo", "0.1");
    publish(team, "secret", "1.0");
  }

  /// "repository/package: source versions < source versions"
  std::vector<std::string> found(std::optional<std::string_view> only = {}) {
    std::vector<std::string> lines;
    const auto conflicts = find_conflicts(ctx, *catalog, only);
    EXPECT_TRUE(conflicts);
    for (const auto& conflict : *conflicts) {
      auto line = conflict.repository + "/" + conflict.package + ":";
      for (const auto& claim : conflict.claims) {
        line += " " + claim.source;
        for (const auto& version : claim.versions) line += " " + version;
      }
      lines.push_back(line);
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

  model::SourceId team;
};

TEST_F(ConflictsTest, TheFirstSourceIsServedInEveryOrder) {
  repository("all", {team, cran});
  repository("wrong", {cran, team});
  EXPECT_EQ(found(), (Lines{"all/demo: team 0.1 cran 1.2 1.10", "wrong/demo: cran 1.2 1.10 team 0.1"}));
  EXPECT_EQ(found("wrong"), (Lines{"wrong/demo: cran 1.2 1.10 team 0.1"}));
}

TEST_F(ConflictsTest, OneSourceAloneHasNone) {
  repository("alone", {team});
  EXPECT_EQ(found(), Lines{});
}

TEST_F(ConflictsTest, AMirrorThatIsFrozenIsOneToo) {
  const auto frozen = source("frozen", model::SourceType::cran_snapshot);
  ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) {
    return view.set_frozen(frozen, cran, *parse_day("2022-01-01"));
  }));
  repository("old", {frozen, team});
  EXPECT_EQ(found(), (Lines{"old/demo: frozen 1.2 1.10 team 0.1"}));
}

TEST_F(ConflictsTest, WhatWasRemovedIsNoneAnyMore) {
  repository("all", {team, cran});
  remove(team, "demo_0.1.tar.gz");
  EXPECT_EQ(found(), Lines{});
}

TEST_F(ConflictsTest, AProjectThatOnlyTheListKnowsIsOneWithoutVersions) {
  const auto pypi = source("pypi", model::SourceType::pypi);
  const auto own = source("own", model::SourceType::local_python);
  repository("py", {own, pypi}, model::Ecosystem::python);
  model::FileRecord file;
  file.source = own;
  file.package = "my-tool";
  file.name = "My.Tool";
  file.version = "1.0";
  file.filename = "My.Tool-1.0.tar.gz";
  file.kind = model::FileKind::sdist;
  add(file);
  EXPECT_EQ(found(), Lines{});
  ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto in = TRY(view.mirroring().take_number());
    TRY(view.mirroring().set_state(pypi, catalog::kNamesKnown, "1"));
    return view.mirroring().put_names(pypi, {{"my-tool", "my_tool", 5}}, in);
  }));
  EXPECT_EQ(found(), (Lines{"py/my-tool: own 1.0 pypi"}));
}

TEST_F(ConflictsTest, ARepositoryThatIsNotThereIsAnError) {
  EXPECT_EQ(find_conflicts(ctx, *catalog, "nowhere").error().code(), Errc::not_found);
}

}  // namespace
}  // namespace granary::view
