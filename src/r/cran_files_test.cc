#include "r/cran_files.h"

#include <gtest/gtest.h>

#include "base/compress.h"
#include "base/file.h"
#include "r/archive_index.h"
#include "r/testing/rscript.h"

namespace granary::r {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

constexpr const char* kPackages =
    "Package: aaa\nVersion: 1.0\nDepends: R (>= 3.5),\n        methods\nMD5sum: "
    "0123456789ABCDEF0123456789abcdef\n"
    "License: GPL-3\n\n"
    "Package: broken\nno colon here\n\n"
    "Package: bbb\nVersion: 2.0-1\nPath: 4.4.0/Recommended\n\n"
    "Package: ../evil\nVersion: 1.0\n\n"
    "Package: ddd\nVersion: 1.0\nPath: ../../etc\n\n"
    "Package: ccc\nVersion: 1.1\nFile: ccc_1.1.tar.zst\n";

TEST(CranFiles, OfPackagesAreReadRecordByRecord) {
  Skipped skipped;
  const auto rows = parse_packages(kPackages, ".tar.gz", skipped);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].version.stanza,
            "Package: aaa\nVersion: 1.0\nDepends: R (>= 3.5), methods\nLicense: GPL-3\n");
  EXPECT_EQ((*rows)[0].version.md5, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ((*rows)[0].version.file_name, "");
  EXPECT_EQ((*rows)[1].version.folder, "4.4.0/Recommended");
  EXPECT_EQ((*rows)[2].version.file_name, "ccc_1.1.tar.zst");
  EXPECT_EQ(skipped.count, 3u);
  EXPECT_NE(skipped.examples.at(0).find("broken"), std::string::npos);
}

TEST(CranFiles, OfBinariesHaveTheirOwnNames) {
  Skipped skipped;
  const auto rows =
      parse_packages("Package: aaa\nVersion: 1.0\nHash: 0123456789abcdef0123456789abcdef\n", ".zip", skipped);
  EXPECT_EQ(rows->at(0).version.file_name, "aaa_1.0.zip");
  EXPECT_EQ(rows->at(0).version.md5, "0123456789abcdef0123456789abcdef");
}

TEST(CranFiles, ThatAreAnErrorPageAreRefusedAndEmptyOnesAreNot) {
  Skipped skipped;
  EXPECT_EQ(parse_packages("<html>\n<body>Moved</body></html>", ".tar.gz", skipped).error().code(),
            Errc::corrupt);
  EXPECT_EQ(parse_packages("\n\n", ".tar.gz", skipped)->size(), 0u);
}

TEST(CranFiles, OfMetaAreReadAsThisServerWritesThem) {
  const Time day{sys_days(year(2020) / 5 / 1)};
  Skipped skipped;
  const auto archive = parse_archive_rds(
      gzip(archive_rds({{"aaa", {{"aaa/aaa_0.1.tar.gz", 7, day}, {"aaa/README", 1, day}}}, {"bbb", {}}})),
      skipped);
  ASSERT_TRUE(archive) << archive.error().message();
  ASSERT_EQ(archive->size(), 1u);
  EXPECT_EQ(archive->at(0).version, "0.1");
  EXPECT_EQ(archive->at(0).published, day);
  EXPECT_EQ(archive->at(0).size, 7u);
  EXPECT_EQ(archive->at(0).folder, "");
  const auto current = parse_current_rds(
      current_rds({{"aaa_1.0.tar.gz", 9, day}, {"4.4.0/Recommended/bbb_2.0.tar.gz", 9, day}}), skipped);
  EXPECT_EQ(current->at(1).folder, "4.4.0/Recommended");
  EXPECT_EQ(skipped.count, 0u);

  EXPECT_EQ(parse_archive_rds(current_rds({}), skipped).error().code(), Errc::corrupt);
  EXPECT_EQ(parse_current_rds(archive_rds({}), skipped).error().code(), Errc::corrupt);
  EXPECT_EQ(parse_current_rds("<html>", skipped).error().code(), Errc::unsupported);
}

TEST(CranFiles, OfMetaAreReadAsRWritesThem) {
  const ScratchFolder folder;
  const auto said = run_rscript(R"(
    folder <- commandArgs(TRUE)[1]; setwd(folder)
    dir.create("aaa"); writeLines("x", "aaa/aaa_1.0.tar.gz"); writeLines("xy", "aaa/aaa_1.1.tar.gz")
    Sys.setFileTime("aaa/aaa_1.0.tar.gz", as.POSIXct("2019-03-01 12:00:00", tz = "UTC"))
    info <- file.info(list.files("aaa", full.names = TRUE))
    saveRDS(list(aaa = info, none = info[0, ]), "archive.rds")
    writeLines("x", "aaa_1.2.tar.gz")
    saveRDS(file.info("aaa_1.2.tar.gz"), "current.rds", version = 2)
    cat("done"))",
                                {folder.path()});
  if (!said) return;
  Skipped skipped;
  const auto archive = parse_archive_rds(*read_file(folder.path() + "/archive.rds", 1 << 20), skipped);
  ASSERT_TRUE(archive) << archive.error().message();
  ASSERT_EQ(archive->size(), 2u);
  EXPECT_EQ(archive->at(0).published, Time(sys_days(year(2019) / 3 / 1)) + std::chrono::hours(12));
  EXPECT_GT(archive->at(0).moved, archive->at(0).published);
  EXPECT_EQ(archive->at(1).size, 3u);
  const auto current = parse_current_rds(*read_file(folder.path() + "/current.rds", 1 << 20), skipped);
  EXPECT_EQ(current->at(0).version, "1.2");
}

TEST(CranFiles, OfNotesSayWhenPackagesWereAway) {
  const auto notes = parse_packages_in(
      "Package: aaa\nX-CRAN-Comment: Archived on 2020-05-01 as check problems\n  were not corrected in "
      "time.\n\n"
      "Package: bbb\nX-CRAN-History: Archived on 2018-01-02. Unarchived on 2018-03-04.\n"
      "X-CRAN-Comment: Archived on 2021-06-07.\n\n"
      "Package: ccc\nX-CRAN-Comment: Orphaned on 2020-01-01\n\nnonsense\n");
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes.at("aaa"),
            (std::vector<Withdrawal>{{"", Time(sys_days(year(2020) / 5 / 1)), std::nullopt}}));
  EXPECT_EQ(notes.at("bbb"), (std::vector<Withdrawal>{
                                 {"", Time(sys_days(year(2018) / 1 / 2)), Time(sys_days(year(2018) / 3 / 4))},
                                 {"", Time(sys_days(year(2021) / 6 / 7)), std::nullopt}}));
}

TEST(CranFiles, KeepOfADescriptionWhatAnIndexShows) {
  const auto record = parse_dcf(
      "Package: aaa\nTitle: About\n  it\nDescription: Long.\nVersion: 1.0\nImports: x,\n  y\nMD5sum: 1\n");
  EXPECT_EQ(description_stanza(record->at(0)),
            "Package: aaa\nVersion: 1.0\nImports: x, y\nTitle: About it\n");
}

}  // namespace
}  // namespace granary::r
