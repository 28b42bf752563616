#pragma once
/// The index of a repository, PACKAGES, as text and as RDS, with the fields of tools::write_PACKAGES in its
/// order.
///
/// Long values are put on one line. A value that is empty is left out (NA in the matrix). License is as the
/// package says it. File is there only when some file is not called {Package}_{Version}.tar.gz, Path only
/// when some file lies in a folder of its own, and further fields (Published, Built, ...) only when a row has
/// them.

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
  /// A row as somebody else's index has it: lines of "Field: value" (see packages_stanza); may be empty.
  /// `folder`: Path.
  void add(std::string_view package, std::string_view version, std::string_view stanza, std::string_view md5,
           std::string_view file_name, std::string_view folder);

  /// By the name of the package, bytewise; rows of one package keep their order.
  void sort();

  std::size_t size() const noexcept { return rows_.size(); }
  /// PACKAGES; empty when there are no rows.
  std::string text() const;
  /// PACKAGES.rds, uncompressed: a character matrix, also with no rows.
  std::string rds(RdsVersion version = RdsVersion::v3) const;

 private:
  static constexpr std::size_t kPath = kPackagesFields.size();
  static constexpr std::size_t kFurther = 15;  // more are left out
  struct Cell {
    std::uint32_t offset = 0, size = 0;  // in pool_; size 0: absent
  };
  using Row = std::array<Cell, kPath + 1 + kFurther>;
  std::string_view at(const Row& row, std::size_t column) const {
    return std::string_view(pool_).substr(row[column].offset, row[column].size);
  }
  void put(Row& row, std::size_t column, std::string_view value);
  std::size_t column_of(std::string_view field);
  std::string_view name_of(std::size_t column) const;
  std::vector<std::size_t> columns() const;

  std::string pool_;
  std::vector<Row> rows_;
  std::vector<std::string> further_;
  bool names_files_ = false, has_paths_ = false;
};

}  // namespace granary::r
