#pragma once
/// The indexes of somebody else's tree of R packages, as its mirror reads them: PACKAGES and, of CRAN,
/// Meta/current.rds, Meta/archive.rds and PACKAGES.in. One bad record does not take the others with it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "r/dcf.h"
#include "r/history.h"

namespace granary::r {

/// What could not be read and was left out.
struct Skipped {
  std::size_t count = 0;
  std::vector<std::string> examples;  // of the first few: fit for a log and for people
  /// Records of PACKAGES are of these packages, as far as they say so: they are listed, whatever else is
  /// wrong.
  std::vector<std::string> packages{};
  std::size_t nameless = 0;  // records of PACKAGES of which not even the package can be read
  void add(std::string what);
};

struct ListedPackage {
  std::string package;
  HistoryVersion version;           // `published` is not set
  std::optional<Time> published{};  // the Published field
};

/// PACKAGES as text, of sources or binaries. `extension` is that of its files (".tar.gz", ".zip", ".tgz"): a
/// row whose File says otherwise has a file_name. Errc::corrupt when there is something, but no record in it
/// (an error page); Errc::too_large.
Result<std::vector<ListedPackage>> parse_packages(std::string_view text, std::string_view extension,
                                                  Skipped& skipped);

/// The fields of a row of PACKAGES that are shown to clients and kept: each on a line of its own, in their
/// order, without File, Path and MD5sum, which a history has apart.
std::string packages_stanza(const DcfRecord& record);
/// Those of a DESCRIPTION that tools::write_PACKAGES takes, and the Title.
std::string description_stanza(const DcfRecord& description);

/// A file of src/contrib or its Archive.
struct DatedFile {
  std::string package, version, folder;
  Time published{};  // when it was last written
  Time moved{};      // when its inode changed last: of a file in Archive, when it came there, if the mirror
                     // keeps such times; else the same
  std::uint64_t size = 0;
};

/// Meta/current.rds and Meta/archive.rds, plain or gzipped. Errc::corrupt or too_large when that is not the
/// data frame, or list of data frames, that file.info() makes.
Result<std::vector<DatedFile>> parse_current_rds(std::string_view bytes, Skipped& skipped);
Result<std::vector<DatedFile>> parse_archive_rds(std::string_view bytes, Skipped& skipped);

/// When packages left CRAN and came back, as its maintainers noted it in PACKAGES.in (X-CRAN-Comment and
/// X-CRAN-History: "Archived on 2020-05-01 ...", "Unarchived on ..."). The last absence of a package is open
/// when it did not come back. Days begin at midnight UTC.
std::map<std::string, std::vector<Withdrawal>> parse_packages_in(std::string_view text);

}  // namespace granary::r
