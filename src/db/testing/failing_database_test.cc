#include "db/testing/failing_database.h"

#include <gtest/gtest.h>

#include <array>

#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::db::testing {
namespace {

constexpr std::array<Migration, 1> kTables = {{{"test.0001", "CREATE TABLE things (name TEXT);"}}};

class FailingDatabaseTest : public ::testing::Test {
 protected:
  Result<> add() {
    return failing.write(ctx, [](WriteSession& s) -> Result<> {
      TRY(s.execute("INSERT INTO things VALUES ('x')", {}));
      return {};
    });
  }
  std::int64_t count() {
    std::int64_t n = 0;
    EXPECT_TRUE(under->read(ctx, [&](Session& s) {
      return s.query("SELECT count(*) FROM things", {}, [&](const Row& row) -> Result<> {
        n = row.integer(0);
        return {};
      });
    }));
    return n;
  }
  void SetUp() override { ASSERT_TRUE(under->migrate(ctx, kTables)); }

  Context ctx = test_context();
  std::shared_ptr<Database> under = open_sqlite({.path = ":memory:"}, {}).value();
  FailingDatabase failing{under};
};

TEST_F(FailingDatabaseTest, BeforeAndAtTheCommitNothingIsStored) {
  for (const int step : {1, 2}) {
    failing.fail_at(step);
    EXPECT_EQ(add().error().code(), Errc::unavailable);
    EXPECT_TRUE(failing.failed());
    EXPECT_EQ(count(), 0);
  }
}

TEST_F(FailingDatabaseTest, AfterTheCommitItIsStoredButNotAnswered) {
  failing.fail_at(3);
  EXPECT_EQ(add().error().code(), Errc::unavailable);
  EXPECT_EQ(count(), 1);
}

TEST_F(FailingDatabaseTest, OtherStepsSucceed) {
  failing.fail_at(4);
  EXPECT_TRUE(add());
  EXPECT_FALSE(failing.failed());
  EXPECT_FALSE(failing.read(ctx, [](Session&) -> Result<> { return {}; }));
  EXPECT_TRUE(failing.read(ctx, [](Session&) -> Result<> { return {}; }));
  EXPECT_EQ(failing.steps(), 5);
}

}  // namespace
}  // namespace granary::db::testing
