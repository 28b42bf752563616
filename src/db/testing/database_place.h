#pragma once
/// Where a suite's databases live: one empty place per test, of each kind that there is.

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "db/database.h"

namespace granary::db::testing {

enum class Kind : std::uint8_t { sqlite_file, sqlite_memory, postgres };
std::string name_of(Kind kind);
inline void PrintTo(Kind kind, std::ostream* out) { *out << name_of(kind); }

inline constexpr Kind kEveryKind[] = {Kind::sqlite_file, Kind::sqlite_memory, Kind::postgres};
inline std::string name_of_parameter(const ::testing::TestParamInfo<Kind>& info) {
  return name_of(info.param);
}

/// Removed when it goes.
class DatabasePlace {
 public:
  virtual ~DatabasePlace() = default;
  /// Another database over the same data; of sqlite_memory it has its own.
  virtual Result<std::shared_ptr<Database>> open() = 0;
};

/// Null when its server is missing: the test is skipped then, with CI=true failed (base/testing/missing.h),
/// and its body does not run when a fixture has asked.
std::unique_ptr<DatabasePlace> make_place(Kind kind);

/// True when PostgreSQL is there; else as make_place().
bool require_postgres();

}  // namespace granary::db::testing
