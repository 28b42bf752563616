#include "r/titles.h"

#include <gtest/gtest.h>

#include "base/compress.h"
#include "base/file.h"
#include "r/rds_writer.h"
#include "r/testing/rscript.h"

namespace granary::r {
namespace {

TEST(Titles, AreReadOfTheTablesThatRWrites) {
  const ScratchFolder folder;
  const auto said = run_rscript(R"(
    path <- commandArgs(TRUE)
    rows <- data.frame(Package = c("zoo", "A3", "none", "lines"), Version = "1.0",
                       Title = c("S3 Infrastructure", "Caf\u00e9", NA, "Two\n  lines\tand a tab"), MD5sum = "x")
    saveRDS(rows, file.path(path, "frame.rds"))
    saveRDS(as.matrix(rows), file.path(path, "matrix.rds"))
    saveRDS(file.info("."), file.path(path, "other.rds")))",
                                {folder.path()});
  if (!said) return;
  for (const auto* name : {"frame.rds", "matrix.rds"}) {
    const auto bytes = read_file(folder.path() + "/" + name, 1 << 20);
    ASSERT_TRUE(bytes);
    const auto titles = titles_in_packages_rds(*bytes);
    ASSERT_TRUE(titles) << titles.error().message();
    EXPECT_EQ(*titles, "A3\tCaf\u00e9\nlines\tTwo lines and a tab\nzoo\tS3 Infrastructure\n") << name;
  }
  const auto other = titles_in_packages_rds(read_file(folder.path() + "/other.rds", 1 << 20).value());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::corrupt);
}

TEST(Titles, OfAMatrixWhoseShapeIsALieAreRefused) {
  RdsWriter lie(RdsVersion::v3);
  lie.begin_strings(2, RdsWriter::kAttributed);
  lie.string("a");
  lie.string("b");
  lie.attribute("dim");
  lie.begin_integers(2);
  lie.integer(2000000000);
  lie.integer(2);
  lie.attribute("dimnames");
  lie.begin_list(2);
  lie.null();
  const std::string_view columns[] = {"Package", "Title"};
  lie.strings(columns);
  lie.end_attributes();
  const auto titles = titles_in_packages_rds(std::move(lie).take());
  ASSERT_FALSE(titles);
  EXPECT_EQ(titles.error().code(), Errc::corrupt);
}

TEST(Titles, OfViewsAreReadRecordByRecord) {
  const auto titles = titles_in_views(
      "Package: bbb\nVersion: 1\nTitle: The second\n   of them\n\nno record\n\nPackage: ../x\nTitle: no\n\n"
      "Package: aaa\nTitle: first\n");
  ASSERT_TRUE(titles);
  EXPECT_EQ(*titles, "aaa\tfirst\nbbb\tThe second of them\n");
  EXPECT_FALSE(titles_in_views("<html>\nnot here\n"));
  EXPECT_EQ(titles_in_views("").value(), "");
}

TEST(Titles, AreWhereUpstreamHasThem) {
  EXPECT_EQ(titles_path("src/contrib").path, "web/packages/packages.rds");
  EXPECT_EQ(titles_path("packages/3.22/data/annotation/src/contrib").path,
            "packages/3.22/data/annotation/VIEWS");
  EXPECT_EQ(titles_path("bin/windows/contrib/4.5").path, "");
}

TEST(Titles, AreFoundByNamesInTheirOrder) {
  TitleReader reader("a\tone\nc\tthree\nd\tfour\n");
  EXPECT_EQ(reader.find("A"), "");
  EXPECT_EQ(reader.find("a"), "one");
  EXPECT_EQ(reader.find("b"), "");
  EXPECT_EQ(reader.find("c"), "three");
  EXPECT_EQ(reader.find("cc"), "");
  EXPECT_EQ(reader.find("d"), "four");
  EXPECT_EQ(reader.find("e"), "");
}

}  // namespace
}  // namespace granary::r
