#include "r/packages_index.h"

#include <gtest/gtest.h>

#include "base/compress.h"
#include "base/file.h"
#include "r/rds_reader.h"
#include "r/testing/rscript.h"

namespace granary::r {
namespace {

constexpr const char* kFirst =
    "Package: aaa\nVersion: 1.0\nTitle: First\nDepends: R (>= 3.5),\n    methods\nLicense: GPL-3\n"
    "NeedsCompilation: no\n";
constexpr const char* kSecond =
    "Package: bbb\nVersion: 2.0-1\nEncoding: latin1\nImports: aaa\nLicense: MIT + file LICENSE\nEnhances: "
    "caf\xe9\n"
    "NeedsCompilation: yes\nOS_type: unix\n";

PackagesIndex example() {
  PackagesIndex index;
  index.add(*parse_description(kFirst), "00000000000000000000000000000001", "aaa_1.0.tar.gz");
  index.add(*parse_description(kSecond), "00000000000000000000000000000002", "bbb_2.0-1.tar.gz");
  return index;
}

TEST(PackagesIndex, AsTextHasTheFieldsInOrder) {
  EXPECT_EQ(example().text(),
            "Package: aaa\nVersion: 1.0\nDepends: R (>= 3.5), methods\nLicense: GPL-3\n"
            "MD5sum: 00000000000000000000000000000001\nNeedsCompilation: no\n"
            "\n"
            "Package: bbb\nVersion: 2.0-1\nImports: aaa\nEnhances: caf\xc3\xa9\nLicense: MIT + file "
            "LICENSE\nOS_type: unix\n"
            "MD5sum: 00000000000000000000000000000002\nNeedsCompilation: yes\n");
}

TEST(PackagesIndex, WithoutRowsIsValid) {
  const PackagesIndex empty;
  EXPECT_EQ(empty.text(), "");
  const auto matrix = read_rds(empty.rds());
  ASSERT_TRUE(matrix);
  EXPECT_EQ(*matrix->attribute("dim")->integers(), (RValue::Integers{0, 15}));
}

TEST(PackagesIndex, SortsAsTheCLocaleDoes) {
  PackagesIndex index;
  for (const auto* name : {"zoo", "Matrix", "abc", "Zed"})
    index.add(*parse_description("Package: " + std::string(name) + "\nVersion: 1.0\n"), "",
              std::string(name) + "_1.0.tar.gz");
  index.sort();
  EXPECT_EQ(index.text(),
            "Package: Matrix\nVersion: 1.0\n\nPackage: Zed\nVersion: 1.0\n\nPackage: abc\nVersion: "
            "1.0\n\nPackage: zoo\nVersion: 1.0\n");
}

TEST(PackagesIndex, NamesTheFileOnlyWhenItMust) {
  PackagesIndex index = example();
  EXPECT_EQ(read_rds(index.rds())->attribute("dim")->integers()->at(1), 15);
  index.add(*parse_description("Package: ccc\nVersion: 1.0\n"), "3", "ccc_1.0.tar.zst");
  EXPECT_EQ(read_rds(index.rds())->attribute("dim")->integers()->at(1), 16);
  EXPECT_TRUE(index.text().ends_with("File: ccc_1.0.tar.zst\n"));
}

/// The three forms give available.packages() the same table.
constexpr const char* kForms = R"(
folder <- commandArgs(TRUE)[1]
seen <- lapply(c("rds", "text"), function(form) available.packages(paste0("file://", folder, "/", form), filters = list()))
seen <- lapply(seen, function(x) x[, colnames(x) != "Repository"])
gz <- read.dcf(gzfile(file.path(folder, "gz", "PACKAGES.gz")))
stopifnot(identical(seen[[1]], seen[[2]]), identical(gz[, "Enhances"], unname(seen[[1]][, "Enhances"])))
for (f in c("Depends", "Enhances", "License")) cat(seen[[1]]["bbb", f], "")
cat(nrow(readRDS(file.path(folder, "empty", "PACKAGES.rds"))), nrow(available.packages(paste0("file://", folder, "/empty"))))
)";

TEST(PackagesIndex, IsTheSameToRInEachForm) {
  const ScratchFolder folder;
  for (const auto version : {RdsVersion::v2, RdsVersion::v3}) {
    folder.write("rds/PACKAGES.rds", gzip(example().rds(version)));
    folder.write("text/PACKAGES", example().text());
    folder.write("gz/PACKAGES.gz", gzip(example().text()));
    folder.write("empty/PACKAGES.rds", gzip(PackagesIndex().rds(version)));
    const auto seen = run_rscript(kForms, {folder.path()});
    if (seen) {
      EXPECT_EQ(*seen, "NA caf\xc3\xa9 MIT + file LICENSE 0 0");
    }
  }
}

/// tools::write_PACKAGES over real tarballs against ours made from the same DESCRIPTIONs.
constexpr const char* kAgainstTools = R"(
folder <- commandArgs(TRUE)[1]
setwd(folder)
for (p in c("aaa_1.0", "bbb_2.0-1")) {
  name <- sub("_.*", "", p)
  dir.create(name)
  file.copy(paste0(name, ".description"), file.path(name, "DESCRIPTION"))
  tar(file.path("theirs", paste0(p, ".tar.gz")), name, compression = "gzip", tar = "internal")
}
tools::write_PACKAGES("theirs")
a <- available.packages(paste0("file://", folder, "/theirs"), filters = list())
b <- available.packages(paste0("file://", folder, "/ours"), filters = list())
stopifnot(identical(dimnames(a), dimnames(b)))
plain <- function(x) { x <- gsub("[[:space:]]+", " ", x); x[, !colnames(x) %in% c("Repository", "MD5sum")] }
a <- plain(a); b <- plain(b)
stopifnot(identical(is.na(a), is.na(b)))
cat(all(a == b, na.rm = TRUE))
)";

TEST(PackagesIndex, IsWhatRsOwnToolsWrite) {
  constexpr const char* second =
      "Package: bbb\nVersion: 2.0-1\nImports: aaa,\n  utils\nLicense: MIT + file LICENSE\nNeedsCompilation: "
      "yes\n"
      "Suggests: aaa\nPriority: optional\nOS_type: unix\n";
  const ScratchFolder folder;
  folder.write("aaa.description", kFirst);
  folder.write("bbb.description", second);
  folder.write("theirs/.keep", "");
  PackagesIndex ours;
  ours.add(*parse_description(kFirst), "1", "aaa_1.0.tar.gz");
  ours.add(*parse_description(second), "2", "bbb_2.0-1.tar.gz");
  folder.write("ours/PACKAGES.rds", gzip(ours.rds()));

  const auto same = run_rscript(kAgainstTools, {folder.path()});

  if (same) {
    EXPECT_EQ(*same, "TRUE");
  }
}

}  // namespace
}  // namespace granary::r
