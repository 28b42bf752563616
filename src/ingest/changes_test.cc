#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class ChangesTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    for (const auto* version : {"1.0", "1.10", "1.9"}) ASSERT_TRUE(publish("r", r_package("pkg", version)));
    ASSERT_TRUE(publish("py", simple_wheel("foo", "1.0")));
    ASSERT_TRUE(publish("py", sdist("foo", "1.0")));
    ASSERT_TRUE(publish("py", simple_wheel("foo", "2.0")));
  }
  Result<Changed> remove(const std::string& source, const std::string& selector, bool dry_run = false) {
    return ingest->remove(ctx, source, parse_selector(selector).value(), dry_run, "me", "why");
  }
};

TEST(SelectorTest, NeedsBothParts) {
  EXPECT_EQ(parse_selector("pkg@1.0")->which, "1.0");
  for (const auto* text : {"pkg", "@1.0", "pkg@", ""}) EXPECT_FALSE(parse_selector(text)) << text;
}

TEST_F(ChangesTest, RemovesOneVersion) {
  const auto got = remove("r", "pkg@1.9").value();
  EXPECT_EQ(got.files, Names{"pkg_1.9.tar.gz"});
  EXPECT_EQ(filenames("r", "pkg"), (Names{"pkg_1.0.tar.gz", "pkg_1.10.tar.gz"}));
  EXPECT_EQ(filenames("r", "pkg", got.transaction.value - 1).size(), 3U);
}

TEST_F(ChangesTest, RemovesTheCurrentVersionInROrder) {
  EXPECT_EQ(remove("r", "pkg@current")->files, Names{"pkg_1.10.tar.gz"});
}

TEST_F(ChangesTest, RemovesEverythingInOneTransaction) {
  EXPECT_EQ(remove("r", "pkg@all")->files.size(), 3U);
  EXPECT_TRUE(filenames("r", "pkg").empty());
}

TEST_F(ChangesTest, RemovesByFileNameAndByEqualVersion) {
  EXPECT_EQ(remove("py", "Foo@foo-1.0.tar.gz")->files, Names{"foo-1.0.tar.gz"});
  EXPECT_EQ(remove("py", "foo@1.0.0")->files, Names{"foo-1.0-py3-none-any.whl"});
}

TEST_F(ChangesTest, ADryRunOnlyTells) {
  const auto got = remove("r", "pkg@all", true).value();
  EXPECT_EQ(got.files.size(), 3U);
  EXPECT_EQ(got.transaction.value, 0);
  EXPECT_EQ(filenames("r", "pkg").size(), 3U);
}

TEST_F(ChangesTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(remove("r", "none@all").error().code(), Errc::not_found);
  EXPECT_EQ(remove("r", "pkg@3").error().code(), Errc::not_found);
  EXPECT_EQ(remove("none", "pkg@3").error().code(), Errc::not_found);
}

TEST_F(ChangesTest, ArchiveKeepsTheFileAndMarksIt) {
  const auto got = ingest->archive(ctx, "r", "pkg", "me", "").value();
  EXPECT_EQ(got.files, Names{"pkg_1.10.tar.gz"});
  const auto after = files("r", "pkg");
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after.back().filename, "pkg_1.10.tar.gz");
  EXPECT_TRUE(after.back().archived);
  EXPECT_FALSE(files("r", "pkg", got.transaction.value - 1).at(1).archived);
}

TEST_F(ChangesTest, ArchiveAgainChangesNothing) {
  ASSERT_TRUE(ingest->archive(ctx, "r", "pkg", "me", ""));
  EXPECT_EQ(ingest->archive(ctx, "r", "pkg", "me", "")->transaction.value, 0);
  EXPECT_EQ(remove("r", "pkg@current").error().code(), Errc::not_found);
  EXPECT_EQ(ingest->archive(ctx, "py", "foo", "me", "").error().code(), Errc::invalid_argument);
}

TEST_F(ChangesTest, YankMarksAllFilesOfAVersionAndUnyankTakesItBack) {
  const auto yanked = ingest->yank(ctx, "py", {"foo", "1.0"}, "broken", "me").value();
  EXPECT_EQ(yanked.files.size(), 2U);
  auto now = files("py", "foo");
  ASSERT_EQ(now.size(), 3U);
  EXPECT_EQ(now[1].yanked, "broken");
  EXPECT_EQ(now[2].yanked, "broken");
  EXPECT_FALSE(now[0].yanked);
  EXPECT_EQ(ingest->yank(ctx, "py", {"foo", "1.0"}, "broken", "me")->transaction.value, 0);
  EXPECT_EQ(ingest->unyank(ctx, "py", {"foo", "all"}, "me")->files.size(), 2U);
  for (const auto& file : files("py", "foo")) EXPECT_FALSE(file.yanked);
  EXPECT_EQ(ingest->yank(ctx, "r", {"pkg", "1.0"}, "", "me").error().code(), Errc::invalid_argument);
}

TEST_F(ChangesTest, AYankedFileKeepsItsTimeAndBytes) {
  const auto before = files("py", "foo").at(2);
  clock->advance(std::chrono::hours(1));
  ASSERT_TRUE(ingest->yank(ctx, "py", {"foo", "2.0"}, "", "me"));
  const auto after = files("py", "foo").at(2);
  EXPECT_EQ(after.uploaded_at, before.uploaded_at);
  EXPECT_EQ(after.blob, before.blob);
  EXPECT_EQ(after.metadata, before.metadata);
  EXPECT_EQ(after.yanked, "");
}

TEST_F(ChangesTest, AReplacementStaysArchived) {
  ASSERT_TRUE(ingest->archive(ctx, "r", "pkg", "me", ""));
  EXPECT_TRUE(publish("r", r_package("pkg", "1.10", "License: MIT\n"), true)->file.archived);
}

}  // namespace
}  // namespace granary::ingest
