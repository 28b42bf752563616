#include "r/tree_name.h"

#include <gtest/gtest.h>

namespace granary::r {
namespace {

TEST(TreeName, IsWhereRLooksForIndexes) {
  for (const auto* tree : {"src/contrib", "bin/windows/contrib/4.5", "bin/macosx/contrib/4.2",
                           "bin/macosx/big-sur-arm64/contrib/4.5", "bin/linux/jammy-x86_64/contrib/4.6",
                           "bin/linux/jammy-x86_64/4.5/src/contrib", "packages/3.22/bioc/src/contrib",
                           "packages/3.22/data/annotation/bin/windows/contrib/4.5"})
    EXPECT_TRUE(is_tree_name(tree)) << tree;
  for (const auto* tree :
       {"", "src", "src/contrib/", "bin/windows/contrib", "bin/windows/contrib/4.5/x",
        "bin/windows/contrib/..", "bin/macosx/a/b/contrib/4.5", "bin/linux/../contrib/4.5",
        "packages/3.22/src/contrib", "packages/x/bioc/src/contrib", "packages/3.22/bioc", "web/packages"})
    EXPECT_FALSE(is_tree_name(tree)) << tree;
}

TEST(TreeName, SaysTheReleaseAndWhatFilesEndIn) {
  EXPECT_EQ(release_of("packages/3.22/bioc/src/contrib"), "3.22");
  EXPECT_EQ(release_of("src/contrib"), "");
  EXPECT_EQ(extension_of("packages/3.22/bioc/src/contrib"), ".tar.gz");
  EXPECT_EQ(extension_of("bin/windows/contrib/4.5"), ".zip");
  EXPECT_EQ(extension_of("packages/3.22/bioc/bin/macosx/big-sur-arm64/contrib/4.5"), ".tgz");
  EXPECT_EQ(extension_of("bin/linux/jammy-x86_64/contrib/4.6"), ".tar.xz");
}

TEST(TreeName, SaysWhereTheSourcesAreAndWhatBinariesAreFor) {
  EXPECT_EQ(source_tree_of("src/contrib"), "src/contrib");
  EXPECT_EQ(source_tree_of("bin/linux/jammy-x86_64/4.5/src/contrib"), "src/contrib");
  EXPECT_EQ(source_tree_of("packages/3.22/data/annotation/bin/windows/contrib/4.5"),
            "packages/3.22/data/annotation/src/contrib");
  EXPECT_EQ(binary_tag_of("src/contrib"), "");
  EXPECT_EQ(binary_tag_of("bin/linux/jammy-x86_64/4.5/src/contrib"), "");
  EXPECT_EQ(binary_tag_of("packages/3.22/bioc/bin/windows/contrib/4.5"), "4.5-win");
  EXPECT_EQ(binary_tag_of("bin/macosx/contrib/4.2"), "4.2-macosx");
  EXPECT_EQ(binary_tag_of("bin/linux/noble-x86_64/contrib/4.6"), "4.6-noble");
  EXPECT_EQ(binary_tag_of("bin/linux/noble-aarch64/contrib/4.6"), "4.6-noble-aarch64");
  EXPECT_EQ(binary_tag_of("bin/linux/4.5-jammy/contrib/4.5"), "4.5-jammy");
  EXPECT_EQ(binary_tag_of("bin/macosx/big-sur-arm64/contrib/4.5"), "4.5-big-sur-arm64");
}

}  // namespace
}  // namespace granary::r
