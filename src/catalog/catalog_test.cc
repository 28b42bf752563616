#include "catalog/catalog.h"

#include "catalog/testing/catalog_suite.h"
#include "catalog/testing/mirror_suite.h"
#include "catalog/testing/remnant_suite.h"

namespace granary::catalog::testing {

INSTANTIATE_TEST_SUITE_P(Every, CatalogSuite, ::testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);
INSTANTIATE_TEST_SUITE_P(Every, MirrorSuite, ::testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

INSTANTIATE_TEST_SUITE_P(Every, RemnantSuite, ::testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace granary::catalog::testing
