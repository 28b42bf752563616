#include "r/archive_index.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/compress.h"
#include "base/file.h"
#include "r/rds_reader.h"
#include "r/testing/rscript.h"

namespace granary::r {
namespace {

std::string golden(const std::string& name) {
  auto bytes = read_file(GRANARY_SOURCE_DIR "/src/r/testdata/" + name);
  if (!bytes) ADD_FAILURE() << bytes.error().message();
  return bytes.value_or("");
}

/// The two files of the golden data; their one time that is not whole microseconds is set by the test.
std::vector<IndexedFile> golden_files() {
  const auto at = Time(std::chrono::microseconds(1795452340021999));
  return {{"aaa/aaa_0.8.tar.gz", 3, at}, {"aaa/aaa_0.9.tar.gz", 2, at}};
}

/// Times are the only thing that differs: R keeps them as seconds with more digits than we do.
std::string without_times(std::string rds) {
  for (std::size_t i = 0; i + 8 <= rds.size(); ++i) {
    if (rds.compare(i, 4, "\x41\xda\xc1\x1b") == 0) rds.replace(i, 8, "TIMETIME");
  }
  return rds;
}

TEST(ArchiveIndex, HasTheBytesThatRWrites) {
  EXPECT_EQ(without_times(archive_rds({{"aaa", golden_files()}})),
            without_times(golden("archive_rds_v3_uncompressed.rds")));
  EXPECT_EQ(without_times(current_rds(golden_files())),
            without_times(golden("current_rds_v3_uncompressed.rds")));
}

constexpr const char* kUse = R"(
folder <- commandArgs(TRUE)[1]
con <- gzcon(url(paste0("file://", folder, "/archive.rds"), "rb"))
x <- readRDS(con); close(con)
stopifnot(is.list(x), all(vapply(x, is.data.frame, NA)), nrow(x$none) == 0L)
cat(names(x), rownames(x$demo), x$demo$size, format(x$demo$mtime, "%Y-%m-%d %H:%M:%S", tz = "UTC"), format(x$demo$mode), "")
y <- readRDS(file.path(folder, "current.rds"))
stopifnot(identical(y[order(y$size), ], y), nrow(readRDS(file.path(folder, "empty.rds"))) == 0L)
cat(rownames(y))
)";

TEST(ArchiveIndex, IsUsedByR) {
  const auto day = Time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1));
  const ScratchFolder folder;
  for (const auto version : {RdsVersion::v2, RdsVersion::v3}) {
    folder.write("archive.rds",
                 gzip(archive_rds({{"demo", {{"demo/demo_1.0.tar.gz", 10, day}}}, {"none", {}}}, version)));
    folder.write(
        "current.rds",
        gzip(current_rds({{"demo_1.1.tar.gz", 11, day}, {"zz_1.0.tar.gz", 5'000'000'000, day}}, version)));
    folder.write("empty.rds", gzip(current_rds({}, version)));
    const auto seen = run_rscript(kUse, {folder.path()});
    if (seen) {
      EXPECT_EQ(*seen,
                "demo none demo/demo_1.0.tar.gz 10 2024-05-01 00:00:00 644 demo_1.1.tar.gz zz_1.0.tar.gz");
    }
  }
}

TEST(ArchiveIndex, WithoutPackagesIsAnEmptyList) {
  const auto value = read_rds(archive_rds({}));
  ASSERT_TRUE(value && value->list() != nullptr);
  EXPECT_TRUE(value->list()->empty());
}

}  // namespace
}  // namespace granary::r
