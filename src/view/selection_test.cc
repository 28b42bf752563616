#include "view/selection.h"

#include <gtest/gtest.h>

#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"
#include "python/project_record.h"
#include "r/history.h"
#include "view/testing/world.h"

namespace granary::view {
namespace {

using Strings = std::vector<std::string>;

Time day(const char* text) { return Time(*parse_day(text)); }

/// A mirror of CRAN and an index, whose wheels say what they need.
class SelectionTest : public testing::Test, public World {
 protected:
  SelectionTest()
      : cran(source("cran", model::SourceType::cran)), pypi(source("pypi", model::SourceType::pypi)) {}

  /// "2020-01-01 1.0: Imports: x", oldest first.
  void package(const std::string& name, const Strings& versions, bool described = true) {
    r::PackageHistory history;
    history.package = name;
    for (const auto& text : versions) {
      r::HistoryVersion one;
      one.published = day(text.substr(0, 10).c_str());
      one.version = text.substr(11, text.find(':') - 11);
      if (described)
        one.stanza = "Package: " + name + "\nVersion: " + one.version + "\n" +
                     std::string(trim(text.substr(text.find(':') + 1))) + "\n";
      history.versions.push_back(one);
    }
    put(cran, "src/contrib", name, r::encode(history));
  }
  /// "1.0: x>=2; extra == 'a' | y", uploaded on the day. `tags` of the wheels.
  void project(const std::string& name, const Strings& versions, const Strings& tags = {"py3-none-any"}) {
    python::Project made;
    made.shown = name;
    for (const auto& text : versions) {
      const auto version = text.substr(0, text.find(':'));
      for (const auto& tag : tags) {
        python::UpstreamFile file;
        file.version = version;
        file.filename = name + '-' + version + '-' + tag + ".whl";
        file.wheel = true;
        file.url = "https://example.org/" + file.filename;
        file.sha256 = sha256(as_bytes(file.filename));
        file.uploaded_at = day("2024-01-01");
        made.files.push_back(file);
        auto& needs = needs_[file.filename];
        needs.clear();
        if (text.find(':') == text.npos) continue;
        for (const auto part : split(std::string_view(text).substr(text.find(':') + 1), '|'))
          needs.emplace_back(trim(part));
      }
    }
    python::put_in_order(made);
    put(pypi, "", name, python::encode(made));
  }
  void put(model::SourceId source, const std::string& tree, const std::string& name,
           const std::string& bytes) {
    const auto done = catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      auto& mirror = view.mirroring();
      const auto number = TRY(mirror.begin_sync(source, model::TxKind::sync, {}, "test", ""));
      if (tree.empty()) TRY(mirror.put_names(source, {{name, name, 1}}, number));
      return mirror.put_record(source, tree, name, bytes, number);
    });
    ASSERT_TRUE(done) << done.error().message();
  }

  Selection of(model::SourceId id, Strings packages) {
    Selection out;
    const auto read = catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      out.sources = {*TRY(view.find_source(std::to_string(id.value)))};
      return {};
    });
    EXPECT_TRUE(read);
    out.packages = std::move(packages);
    out.moments = {std::nullopt};
    out.trees = {"src/contrib"};
    return out;
  }
  /// "a-1.0 b-2.0": package and version of every file, each once, in the order of names; or the error.
  std::string chosen(const Selection& selection) {
    std::map<std::string, std::set<std::string>> all;
    const auto gaps = select(
        ctx, *catalog, nullptr, selection,
        [&](const Context&, const model::FileRecord& file) -> Result<std::optional<Strings>> {
          return std::optional(needs_[file.filename]);
        },
        [&](const Selected& item) -> Result<> {
          for (const auto& file : item.files) {
            all[item.package].insert(file.version);
            files.insert(file.filename);
          }
          records[item.package] = item.record;
          return {};
        });
    if (!gaps) return gaps.error().message();
    missing = gaps->missing;
    Strings out;
    for (const auto& [package, versions] : all) {
      for (const auto& version : versions) out.push_back(package + '-' + version);
    }
    return join(out, " ");
  }

  model::SourceId cran, pypi;
  std::map<std::string, Strings> needs_;
  std::map<std::string, std::string> records;
  std::set<std::string> files;
  Strings missing;
};

TEST_F(SelectionTest, OfRWithAllThatItNeedsAsOfAnyDay) {
  package("app", {"2020-01-01 1.0: Imports: old", "2022-01-01 2.0: Depends: R (>= 3.5), lib (>= 1.0)"});
  package("lib", {"2021-01-01 1.0: LinkingTo: gone", "2023-01-01 1.1:"});
  package("old", {"2019-01-01 0.1: Imports: app"});
  package("other", {"2019-01-01 0.1:"});
  EXPECT_EQ(chosen(of(cran, {"app"})), "app-2.0 lib-1.1");
  auto then = of(cran, {"app"});
  then.moments = {day("2020-06-01")};
  EXPECT_EQ(chosen(then), "app-1.0 old-0.1") << "a circle ends";
  then.moments.emplace_back();
  EXPECT_EQ(chosen(then), "app-1.0 app-2.0 lib-1.1 old-0.1");
  then.moments = {day("2022-06-01")};
  EXPECT_EQ(chosen(then), "app-2.0 lib-1.0");
  EXPECT_EQ(missing, Strings{"gone"});
  auto alone = of(cran, {"app"});
  alone.dependencies = false;
  EXPECT_EQ(chosen(alone), "app-2.0");
  const auto record = r::decode_history(records["app"]).value();
  EXPECT_EQ(record.versions.size(), 1U) << "a record names only what goes along";
}

TEST_F(SelectionTest, OfROneVersionOrTheNewestFewOrAll) {
  package("app", {"2019-01-01 0.9:", "2020-01-01 1.0: Imports: lib", "2022-01-01 2.0:"});
  package("lib", {"2021-01-01 1.0:"});
  EXPECT_EQ(chosen(of(cran, {"app@1.0"})), "app-1.0 lib-1.0");
  auto few = of(cran, {"app"});
  few.newest = 2;
  EXPECT_EQ(chosen(few), "app-1.0 app-2.0 lib-1.0");
  few.moments = {day("2020-06-01")};
  EXPECT_EQ(chosen(few), "app-0.9 app-1.0");
  auto all = of(cran, {});
  EXPECT_EQ(chosen(all), "app-2.0 lib-1.0");
  all.newest = 0;
  EXPECT_EQ(chosen(all), "app-0.9 app-1.0 app-2.0 lib-1.0");
  EXPECT_NE(chosen(of(cran, {"app@3.0"})).find("no source has a package 'app@3.0'"), std::string::npos);
  auto lax = of(cran, {"app@3.0", "lib"});
  lax.strict = false;
  EXPECT_EQ(chosen(lax), "lib-1.0");
  EXPECT_EQ(missing, Strings{"app@3.0"});
}

TEST_F(SelectionTest, OfRAReplacedFileIsNotChosen) {
  package("app", {"2019-01-01 0.9:", "2020-01-01 0.9:", "2022-01-01 2.0:"});
  auto all = of(cran, {});
  all.newest = 0;
  int count = 0;
  const auto gaps = select(ctx, *catalog, nullptr, all, {}, [&](const Selected& item) -> Result<> {
    count += static_cast<int>(item.files.size());
    return {};
  });
  ASSERT_TRUE(gaps);
  EXPECT_EQ(count, 2);
}

TEST_F(SelectionTest, OfPythonTheNewestThatEachAndThatAllAllow) {
  project("app", {"1.0: lib<2", "1.1: lib<2 | tool[fast]"});
  project("tool", {"3.0: lib>=1.5 | quick; extra == 'fast' | slow; extra == 'slow'"});
  project("lib", {"1.0", "1.4", "1.9", "2.5"});
  project("quick", {"1", "2.0rc1"});
  project("slow", {"1"});
  EXPECT_EQ(chosen(of(pypi, {"app", "lib"})), "app-1.1 lib-1.9 lib-2.5 quick-1 tool-3.0");
  EXPECT_EQ(chosen(of(pypi, {"app"})), "app-1.1 lib-1.9 lib-2.5 quick-1 tool-3.0");
  EXPECT_EQ(chosen(of(pypi, {"app", "lib==1.9"})), "app-1.1 lib-1.9 quick-1 tool-3.0")
      << "what was pinned is enough for who allows it";
  EXPECT_EQ(chosen(of(pypi, {"app", "lib==1.0"})), "app-1.1 lib-1.0 lib-1.9 lib-2.5 quick-1 tool-3.0");
  auto limited = of(pypi, {"app"});
  limited.constraints = {"lib<1.6", "unknown==1"};
  EXPECT_EQ(chosen(limited), "app-1.1 lib-1.4 quick-1 tool-3.0");
  EXPECT_EQ(missing, Strings{"lib>=1.5"});
}

TEST_F(SelectionTest, OfPythonWhatItsTargetNeedsAndTakes) {
  project("app", {"1.0: win; sys_platform == 'win32' | back; python_version < '3.8' | lib"});
  project("win", {"1"});
  project("back", {"1"});
  project("lib", {"1", "2"},
          {"cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-win_amd64", "cp39-cp39-win_amd64"});
  EXPECT_EQ(chosen(of(pypi, {"app"})), "app-1.0 back-1 lib-2 win-1") << "anything may be so";
  EXPECT_EQ(files.size(), 6U);
  files.clear();
  auto mine = of(pypi, {"app", "back; python_version < '3'"});
  mine.target = python::parse_target("3.11", {"linux_x86_64"}).value();
  EXPECT_EQ(chosen(mine), "app-1.0 lib-2");
  EXPECT_EQ(files, (std::set<std::string>{"app-1.0-py3-none-any.whl",
                                          "lib-2-cp311-cp311-manylinux_2_17_x86_64.whl"}));
  mine.target = python::parse_target("3.12", {"linux_x86_64"}).value();
  mine.strict = false;
  EXPECT_EQ(chosen(mine), "app-1.0");
  EXPECT_EQ(missing, Strings{"lib"});
}

TEST_F(SelectionTest, OfAnIndexTheNewestFewOrAll) {
  project("app", {"1.0: lib", "1.1", "2.0rc1"});
  project("lib", {"1", "1.0.0", "2"});
  auto all = of(pypi, {});
  EXPECT_NE(chosen(all).find("more than anybody can carry away"), std::string::npos);
  all.whole_index = true;
  EXPECT_EQ(chosen(all), "app-1.1 lib-2");
  all.newest = 2;
  EXPECT_EQ(chosen(all), "app-1.0 app-1.1 lib-1 lib-1.0.0 lib-2") << "one version in two spellings";
  all.newest = 0;
  EXPECT_EQ(chosen(all), "app-1.0 app-1.1 app-2.0rc1 lib-1 lib-1.0.0 lib-2");
  auto few = of(pypi, {"app>=1.0"});
  few.newest = 2;
  EXPECT_EQ(chosen(few), "app-1.0 app-1.1 lib-1 lib-1.0.0 lib-2");
}

TEST_F(SelectionTest, SourcesAreOfOneKind) {
  auto both = of(cran, {"app"});
  both.sources.push_back(of(pypi, {}).sources.front());
  EXPECT_NE(chosen(both).find("cannot be chosen from together"), std::string::npos);
  auto none = of(cran, {"app"});
  none.moments.clear();
  EXPECT_EQ(chosen(none), "nothing was chosen");
}

TEST_F(SelectionTest, TreesOfSourcesAreThoseOfTheNewestRelease) {
  const auto bioc = source("bioc", model::SourceType::bioconductor);
  for (const auto* tree :
       {"packages/3.9/bioc/src/contrib", "packages/3.10/bioc/src/contrib",
        "packages/3.10/data/annotation/src/contrib", "packages/3.10/bioc/bin/windows/contrib/3.6"})
    put(bioc, tree, "x", "y");
  const auto trees =
      source_trees(ctx, *catalog, {of(bioc, {}).sources.front(), of(cran, {}).sources.front()});
  ASSERT_TRUE(trees);
  EXPECT_EQ(*trees, (Strings{"packages/3.10/bioc/src/contrib", "packages/3.10/data/annotation/src/contrib",
                             "src/contrib"}));
}

}  // namespace
}  // namespace granary::view
