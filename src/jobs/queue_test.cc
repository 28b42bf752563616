#include "jobs/queue.h"

#include "jobs/testing/queue_suite.h"

namespace granary::jobs::testing {

INSTANTIATE_TEST_SUITE_P(Every, QueueSuite, ::testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace granary::jobs::testing
