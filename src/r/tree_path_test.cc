#include "r/tree_path.h"

#include <gtest/gtest.h>

namespace granary::r {
namespace {

TEST(TreePath, NamesAnIndexOfATree) {
  const auto windows = parse_tree_path("bin/windows/contrib/4.5/PACKAGES.gz");
  ASSERT_TRUE(windows);
  EXPECT_EQ(windows->tree, "bin/windows/contrib/4.5");
  EXPECT_EQ(windows->part, TreePart::packages_gz);
  const auto bioc = parse_tree_path("packages/3.22/data/annotation/src/contrib/Meta/archive.rds");
  ASSERT_TRUE(bioc);
  EXPECT_EQ(bioc->tree, "packages/3.22/data/annotation/src/contrib");
  EXPECT_EQ(bioc->part, TreePart::archive_rds);
  EXPECT_EQ(parse_tree_path("src/contrib")->part, TreePart::top);
  EXPECT_EQ(parse_tree_path("src/contrib/")->part, TreePart::top);
}

TEST(TreePath, NamesAFileInItsFolderOrInTheArchive) {
  const auto plain = parse_tree_path("bin/macosx/big-sur-arm64/contrib/4.5/abc_1.0.tgz");
  EXPECT_EQ(plain->file, "abc_1.0.tgz");
  EXPECT_EQ(plain->folder, "");
  const auto deep = parse_tree_path("src/contrib/4.4.0/Recommended/abc_1.0.tar.gz");
  EXPECT_EQ(deep->part, TreePart::file);
  EXPECT_EQ(deep->folder, "4.4.0/Recommended");
  const auto archived = parse_tree_path("bin/windows/contrib/4.5/Archive/abc/abc_0.9.zip");
  EXPECT_EQ(archived->part, TreePart::archived_file);
  EXPECT_EQ(archived->folder, "abc");
  EXPECT_EQ(archived->file, "abc_0.9.zip");
}

TEST(TreePath, IsAbsentOutsideOfTrees) {
  for (const auto* path : {"", "/", "src", "bin/windows/contrib", "bin/amiga/contrib/4.2/PACKAGES",
                           "packages/3.22/bioc/VIEWS", "config.yaml"})
    EXPECT_FALSE(parse_tree_path(path)) << path;
}

}  // namespace
}  // namespace granary::r
