#include "db/read_only.h"

#include <gtest/gtest.h>

#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::db {
namespace {

TEST(ReadOnlySwitch, KeepsWritesOutWhileItIsOnAndLetsReadsGoOn) {
  const auto ctx = test_context();
  auto opened = open_sqlite({.path = ":memory:"}, {});
  ASSERT_TRUE(opened);
  ReadOnlySwitch database(*std::move(opened), false);
  const auto create = [&](std::string_view sql) {
    return database.write(ctx, [&](WriteSession& session) -> Result<> {
      TRY(session.execute(sql, {}));
      return {};
    });
  };
  EXPECT_TRUE(create("CREATE TABLE a (id BIGINT)"));
  ASSERT_TRUE(database.set(ctx, true));
  const auto refused = create("CREATE TABLE b (id BIGINT)");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unavailable);
  EXPECT_TRUE(database.read(ctx, [](Session& session) {
    return session.query("SELECT id FROM a", {}, [](const Row&) { return Result<>(); });
  }));
  const auto aside = [&] {
    return database.write_aside(ctx, [](Session& session) -> Result<> {
      TRY(session.execute("INSERT INTO a (id) VALUES (1)", {}));
      return {};
    });
  };
  EXPECT_EQ(aside().error().code(), Errc::unavailable);
  ASSERT_TRUE(database.set(ctx, false));
  EXPECT_TRUE(create("CREATE TABLE b (id BIGINT)"));
  EXPECT_TRUE(aside());
}

TEST(ReadOnlySwitch, StaysAsItWasWhenItCannotBeSet) {
  const auto ctx = test_context();
  auto opened = open_sqlite({.path = ":memory:"}, {});
  ASSERT_TRUE(opened);
  ReadOnlySwitch database(*std::move(opened), false);
  EXPECT_FALSE(database.set(ctx.with_timeout(std::chrono::milliseconds(0)), true));
  EXPECT_FALSE(database.on());
  EXPECT_TRUE(database.write(ctx, [](WriteSession&) -> Result<> { return {}; }));
}

}  // namespace
}  // namespace granary::db
