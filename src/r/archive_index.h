#pragma once
/// Meta/archive.rds and Meta/current.rds of a CRAN-like repository, by which remotes, renv and pak find old
/// versions: what file.info() says about the files, as tools:::CRAN_archive_db() and CRAN_current_db() give
/// it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "r/rds_writer.h"

namespace granary::r {

struct IndexedFile {
  std::string path;  // the name of the row
  std::uint64_t size = 0;
  Time time{};
};

struct ArchivedPackage {
  std::string package;
  std::vector<IndexedFile> files;  // "demo/demo_1.0.tar.gz"; oldest version first: remotes takes the last
};

/// A list of data frames, one for each package. Uncompressed; R wants these two compressed with gzip only.
std::string archive_rds(const std::vector<ArchivedPackage>& packages, RdsVersion version = RdsVersion::v3);
/// One data frame; its rows are file names.
std::string current_rds(const std::vector<IndexedFile>& files, RdsVersion version = RdsVersion::v3);

}  // namespace granary::r
