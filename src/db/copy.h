#pragma once
/// All rows of one database into another, of either dialect: for moving, backing up and restoring. It asks
/// the database which tables there are (tables.h).

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace granary::db {

/// What a table holds, whatever the order of its rows and the dialect: two with the same sum hold the same.
struct TableSum {
  std::string table;
  std::uint64_t rows = 0;
  std::string sum;  // hex
  bool operator==(const TableSum&) const = default;
};

/// Hears of rows copied, of all rows.
using CopyProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// One consistent state of `from`, even while others write to it. `to` must be empty, or hold what an earlier
/// call that did not end has copied: then it goes on from there; or the same already: then nothing is done.
/// Ids are kept, and the next one that is given is larger than any that ever was. Before it returns it reads
/// both again and compares: Errc::conflict when they differ, because the source changed between an earlier
/// call and this one. Errc::conflict too when `to` is in use, or when one of the two is of another version of
/// the program. Answers the sums.
Result<std::vector<TableSum>> copy_database(const Context&, Database& from, Database& to,
                                            std::span<const Migration> migrations, const CopyProgress&);

/// Errc::conflict when the database is the target of a copy that did not end.
Result<> check_whole(const Context&, Database&);

/// Of every table but the list of migrations.
Result<std::vector<TableSum>> table_sums(const Context&, Database&);

}  // namespace granary::db
