#pragma once
/// The index of a repository, PACKAGES, as text and as RDS, with the fields of tools::write_PACKAGES in its
/// order.
///
/// Long values are put on one line. A value that is empty is left out (NA in the matrix). License is as the
/// package says it. File is there only when some file is not called {Package}_{Version}.tar.gz.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "r/description.h"
#include "r/rds_writer.h"

namespace granary::r {

inline constexpr std::array<std::string_view, 16> kPackagesFields = {"Package",
                                                                     "Version",
                                                                     "Priority",
                                                                     "Depends",
                                                                     "Imports",
                                                                     "LinkingTo",
                                                                     "Suggests",
                                                                     "Enhances",
                                                                     "License",
                                                                     "License_is_FOSS",
                                                                     "License_restricts_use",
                                                                     "OS_type",
                                                                     "Archs",
                                                                     "MD5sum",
                                                                     "NeedsCompilation",
                                                                     "File"};

/// Collects rows. One thread.
class PackagesIndex {
 public:
  /// `md5`: hex, of the whole file.
  void add(const Description& description, std::string_view md5, std::string_view file_name);

  /// By the name of the package, bytewise; rows of one package keep their order.
  void sort();

  std::size_t size() const noexcept { return rows_.size(); }
  /// PACKAGES; empty when there are no rows.
  std::string text() const;
  /// PACKAGES.rds, uncompressed: a character matrix, also with no rows.
  std::string rds(RdsVersion version = RdsVersion::v3) const;

 private:
  struct Cell {
    std::uint32_t offset = 0, size = 0;  // in pool_; size 0: absent
  };
  using Row = std::array<Cell, kPackagesFields.size()>;
  std::string_view at(const Row& row, std::size_t column) const {
    return std::string_view(pool_).substr(row[column].offset, row[column].size);
  }
  std::string pool_;
  std::vector<Row> rows_;
  bool names_files_ = false;
};

}  // namespace granary::r
