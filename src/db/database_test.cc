#include "db/database.h"

#include "db/testing/database_suite.h"

namespace granary::db::testing {

INSTANTIATE_TEST_SUITE_P(Every, DatabaseSuite, ::testing::ValuesIn(kEveryKind), name_of_parameter);
INSTANTIATE_TEST_SUITE_P(Separate, ReadersSuite, ::testing::Values(Kind::sqlite_file, Kind::postgres),
                         name_of_parameter);

}  // namespace granary::db::testing
