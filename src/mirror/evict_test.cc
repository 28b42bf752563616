#include "mirror/evict.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "mirror/held.h"
#include "mirror/testing/world.h"
#include "python/project_record.h"

namespace granary::mirror {
namespace {

using namespace std::chrono_literals;

class EvictTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    source = make_source("cran", model::SourceType::cran);
    add("src/contrib/ab_1.tar.gz", 100, 40h * 24);
    add("src/contrib/a_1.tar.gz", 10, 20h * 24);
    add("src/contrib/b_1.tar.gz", 1, 1h);
  }
  void add(const std::string& key, std::uint64_t size, std::chrono::hours unused) {
    const Time used = clock->now() - unused;
    ASSERT_TRUE(hold(parts, ctx, source, {key, sha256(as_bytes(key)), size, "", used, used}));
  }
  std::vector<std::string> keys() {
    std::vector<std::string> out;
    for (const auto& file : held(source)) out.push_back(file.key);
    return out;
  }
  model::SourceId source;
};
using Keys = std::vector<std::string>;

TEST_F(EvictTest, WithoutConditionsEverythingGoes) {
  const auto done = evict(parts, ctx, source, {}).value();
  EXPECT_EQ(done.files, 3u);
  EXPECT_EQ(done.bytes, 111u);
  EXPECT_EQ(keys(), Keys());
}

TEST_F(EvictTest, ADryRunOnlyCounts) {
  EXPECT_EQ(evict(parts, ctx, source, {.dry_run = true}).value().files, 3u);
  EXPECT_EQ(keys().size(), 3u);
}

TEST_F(EvictTest, WhatWasUsedLatelyStays) {
  const auto done = evict(parts, ctx, source, {.unused = 30h * 24}).value();
  EXPECT_EQ(done.files, 1u);
  EXPECT_EQ(done.kept, 2u);
  EXPECT_EQ(done.kept_bytes, 11u);
  EXPECT_EQ(keys(), (Keys{"src/contrib/a_1.tar.gz", "src/contrib/b_1.tar.gz"}));
}

TEST_F(EvictTest, OnlyThePackageThatIsNamedGoes) {
  EXPECT_EQ(evict(parts, ctx, source, {.package = "a"}).value().files, 1u);
  EXPECT_EQ(keys(), (Keys{"src/contrib/ab_1.tar.gz", "src/contrib/b_1.tar.gz"}));
}

TEST_F(EvictTest, TheLeastRecentlyUsedGoUntilTheRestIsSmallEnough) {
  EXPECT_EQ(evict(parts, ctx, source, {.to_size = 11}).value().files, 1u);
  EXPECT_EQ(evict(parts, ctx, source, {.to_size = 10}).value().files, 1u);
  EXPECT_EQ(keys(), Keys{"src/contrib/b_1.tar.gz"});
}

TEST_F(EvictTest, TheDigestOfWhatWentStaysKnown) {
  ASSERT_TRUE(evict(parts, ctx, source, {}));
  const auto known = find_held(parts, ctx, source, "src/contrib/a_1.tar.gz").value();
  EXPECT_FALSE(known.file);
  EXPECT_EQ(known.before, sha256(as_bytes("src/contrib/a_1.tar.gz")));
}

TEST_F(EvictTest, WhatUpstreamDeletedIsKeptUnlessOneInsists) {
  const auto pypi = make_source("pypi", model::SourceType::pypi);
  python::Project project;
  project.shown = "foo";
  for (const char* version : {"1.0", "2.0"}) {
    python::UpstreamFile file;
    file.version = version;
    file.filename = "foo-" + file.version + ".tar.gz";
    file.sha256 = sha256(as_bytes(file.filename));
    if (file.version == "1.0") file.gone = clock->now();
    project.files.push_back(file);
  }
  ASSERT_TRUE(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto in = TRY(view.mirroring().take_number());
    return view.mirroring().put_record(pypi, "", "foo", python::encode(project), in);
  }));
  for (const auto& file : project.files) {
    const auto key = "sha256:" + file.sha256->hex() + "/" + file.filename;
    ASSERT_TRUE(hold(parts, ctx, pypi, {key, *file.sha256, 5, "", clock->now(), clock->now()}));
  }
  const auto done = evict(parts, ctx, pypi, {.package = "Foo"}).value();
  EXPECT_EQ(done.files, 1u);
  EXPECT_EQ(done.lost, 1u);
  EXPECT_EQ(evict(parts, ctx, pypi, {.package = "Foo", .lost = true}).value().files, 1u);
}

TEST(Evict, FilesOfAPythonProjectAreFoundBySpelling) {
  const auto python = model::Ecosystem::python;
  EXPECT_TRUE(is_of_package("packages/Foo_Bar-1.0-py3-none-any.whl", "foo.bar", python));
  EXPECT_TRUE(is_of_package("foo-bar-1.0.tar.gz", "Foo_Bar", python));
  EXPECT_TRUE(is_of_package("sha256:00/foo-1.0-py3-none-any.whl.metadata", "foo", python));
  EXPECT_FALSE(is_of_package("foo_bar_baz-1.0-py3-none-any.whl", "foo-bar", python));
}

}  // namespace
}  // namespace granary::mirror
