#include "auth/shared_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth.h"
#include "base/testing/test_context.h"
#include "db/testing/database_place.h"

namespace granary::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SharedKeyTest : public testing::TestWithParam<db::testing::Kind> {
 protected:
  void SetUp() override {
    place = db::testing::make_place(GetParam());
    if (!place) return;
    auto opened = place->open();
    ASSERT_TRUE(opened);
    database = *opened;
    ASSERT_TRUE(database->migrate(test_context(), migrations()));
  }
  Result<> check(std::string_view fingerprint, bool replace = false) {
    return check_shared_key(test_context(), *database, fingerprint, replace);
  }
  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
};

TEST_P(SharedKeyTest, NodesWithoutAKeyShareADatabaseUntilOneHasAKey) {
  EXPECT_TRUE(check(""));
  EXPECT_TRUE(check("aaaa"));
  EXPECT_TRUE(check("aaaa"));
  const auto without = check("");
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code(), Errc::conflict);
  EXPECT_THAT(without.error().message(), HasSubstr("aaaa"));
}

TEST_P(SharedKeyTest, AnotherKeyIsRefusedUntilTheOperatorSaysThatItWasChanged) {
  ASSERT_TRUE(check("aaaa"));
  const auto other = check("bbbb");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), AllOf(HasSubstr("aaaa"), HasSubstr("bbbb")));
  EXPECT_THAT(other.error().hint(), HasSubstr("--accept-key"));
  EXPECT_TRUE(check("bbbb", true));
  EXPECT_TRUE(check("bbbb"));
  EXPECT_FALSE(check("aaaa"));
  EXPECT_TRUE(check("", true));
  EXPECT_TRUE(check("aaaa"));
}

INSTANTIATE_TEST_SUITE_P(Databases, SharedKeyTest, testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::auth
