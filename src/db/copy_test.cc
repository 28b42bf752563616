#include "db/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/testing/test_context.h"
#include "db/tables.h"
#include "db/testing/database_place.h"

namespace granary::db {
namespace {

using ::testing::HasSubstr;
using testing::Kind;

constexpr std::array<Migration, 2> kMigrations = {
    {{"test.0001", R"sql(
CREATE TABLE parents (
  id {id},
  name {text} NOT NULL UNIQUE,
  content {bytes}
);
CREATE TABLE a_child (
  parent BIGINT NOT NULL REFERENCES parents (id),
  place TEXT NOT NULL,
  number BIGINT,
  PRIMARY KEY (place, parent)
);
CREATE TABLE counter (
  only_row BIGINT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL
);
INSERT INTO counter (only_row, number) VALUES (1, 0);
)sql"},
     {"test.0002", "ALTER TABLE a_child ADD COLUMN added TEXT;"}}};

/// From one kind of database to another.
class CopyTest : public ::testing::TestWithParam<std::tuple<Kind, Kind>> {
 protected:
  void SetUp() override {
    from_place = testing::make_place(std::get<0>(GetParam()));
    to_place = testing::make_place(std::get<1>(GetParam()));
    if (!from_place || !to_place) return;
    from = *from_place->open();
    to = *to_place->open();
    ASSERT_TRUE(from->migrate(ctx, kMigrations));
  }
  Result<> put(Database& database, std::string_view sql, std::initializer_list<Value> values) {
    return database.write(ctx, [&](WriteSession& session) -> Result<> {
      TRY(session.execute(sql, values));
      return {};
    });
  }
  void fill(int parents) {
    ASSERT_TRUE(from->write(ctx, [&](WriteSession& session) -> Result<> {
      for (std::int64_t i = 1; i <= parents; ++i) {
        const auto name = "n'\"" + std::to_string(i);
        const std::string bytes("\0\xff", 2);
        TRY(session.execute("INSERT INTO parents (name, content) VALUES ($1, $2)",
                            {std::string_view(name), i % 3 == 0 ? Value(nullptr) : Value(Blob{bytes})}));
        TRY(session.execute("INSERT INTO a_child (parent, place, number, added) VALUES ($1, $2, $3, $4)",
                            {i, std::string_view(i % 2 == 0 ? "B" : "a"), -i, std::string_view("")}));
      }
      TRY(session.execute("DELETE FROM a_child WHERE parent = $1", {std::int64_t{parents}}));
      TRY(session.execute("DELETE FROM parents WHERE id = $1", {std::int64_t{parents}}));
      TRY(session.execute("UPDATE counter SET number = 7", {}));
      return {};
    }));
  }
  Result<std::vector<TableSum>> copy(const CopyProgress& progress = {}) {
    return copy_database(ctx, *from, *to, kMigrations, progress);
  }
  std::int64_t next_id(Database& database) {
    std::int64_t id = 0;
    EXPECT_TRUE(database.write(ctx, [&](WriteSession& session) -> Result<> {
      return session.query("INSERT INTO parents (name) VALUES ($1) RETURNING id", {std::string_view("next")},
                           [&](const Row& row) -> Result<> {
                             id = row.integer(0);
                             return {};
                           });
    }));
    return id;
  }

  Logger silent;
  Context ctx = test_context();
  std::unique_ptr<testing::DatabasePlace> from_place, to_place;
  std::shared_ptr<Database> from, to;
};

TEST_P(CopyTest, EveryRowArrivesAndIdsGoOnWhereTheyWere) {
  fill(2500);  // the last parent is gone again
  std::uint64_t heard = 0, total = 0;
  const auto sums = copy([&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, heard);
    heard = done;
    total = all;
  });
  ASSERT_TRUE(sums) << sums.error().message();
  EXPECT_EQ(heard, 4999U);
  EXPECT_EQ(total, 4999U);
  ASSERT_EQ(sums->size(), 3U);
  EXPECT_EQ((*sums)[0].table, "a_child");
  EXPECT_EQ((*sums)[0].rows, 2499U);
  EXPECT_EQ(*table_sums(ctx, *to), *sums);
  EXPECT_TRUE(check_whole(ctx, *to));
  EXPECT_EQ(*copy(), *sums) << "a second call finds all of it";
  EXPECT_EQ(next_id(*to), 2501);
  EXPECT_FALSE(copy()) << "the target is in use";
}

TEST_P(CopyTest, ACopyThatWasInterruptedGoesOnAndIsNotTakenForWhole) {
  fill(3000);
  std::stop_source stop;
  const Context stoppable(silent, stop.get_token(), Context::Clock::now() + std::chrono::minutes(1));
  const auto cut = copy_database(stoppable, *from, *to, kMigrations, [&](std::uint64_t done, std::uint64_t) {
    if (done > 1) stop.request_stop();  // some of the parents are there
  });
  ASSERT_FALSE(cut);
  const auto unfinished = check_whole(ctx, *to);
  ASSERT_FALSE(unfinished);
  EXPECT_THAT(unfinished.error().message(), HasSubstr("did not end"));
  const auto sums = copy();
  ASSERT_TRUE(sums) << sums.error().message();
  EXPECT_EQ(*table_sums(ctx, *from), *sums);
  EXPECT_TRUE(check_whole(ctx, *to));
}

TEST_P(CopyTest, ASourceThatChangedBetweenTwoPartsIsNoticed) {
  fill(3000);
  std::stop_source stop;
  const Context stoppable(silent, stop.get_token(), Context::Clock::now() + std::chrono::minutes(1));
  ASSERT_FALSE(copy_database(stoppable, *from, *to, kMigrations, [&](std::uint64_t done, std::uint64_t) {
    if (done > 1) stop.request_stop();
  }));
  ASSERT_TRUE(put(*from, "UPDATE parents SET name = $1 WHERE id = 1", {std::string_view("changed")}));
  const auto sums = copy();
  ASSERT_FALSE(sums);
  EXPECT_EQ(sums.error().code(), Errc::conflict);
  EXPECT_THAT(sums.error().message(), HasSubstr("parents"));
  EXPECT_FALSE(check_whole(ctx, *to));
}

TEST_P(CopyTest, ATargetInUseAndASourceOfAnotherVersionAreRefused) {
  const std::array<Migration, 3> newer = {
      {kMigrations[0], kMigrations[1], {"test.0003", "CREATE TABLE more (id {id});"}}};
  const auto older = copy_database(ctx, *from, *to, newer, {});
  ASSERT_FALSE(older);
  EXPECT_THAT(older.error().message(), HasSubstr("another version"));
  const auto used = copy_database(ctx, *to, *from, kMigrations, {});
  ASSERT_FALSE(used);
  EXPECT_THAT(used.error().message(), HasSubstr("in use"));
}

TEST_P(CopyTest, TablesComeAfterThoseThatTheyNeed) {
  ASSERT_TRUE(from->read(ctx, [&](Session& session) -> Result<> {
    const auto all = TRY(tables(session));
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].name, "counter");
    EXPECT_EQ(all[1].name, "parents");
    EXPECT_EQ(all[1].identity, "id");
    const auto child =
        std::find_if(all.begin(), all.end(), [](const Table& t) { return t.name == "a_child"; });
    EXPECT_EQ(child->key, (std::vector<std::string>{"place", "parent"}));
    EXPECT_EQ(child->columns.size(), 4U);
    EXPECT_TRUE(child->identity.empty());
    return {};
  }));
}

INSTANTIATE_TEST_SUITE_P(Kinds, CopyTest,
                         ::testing::Values(std::tuple(Kind::sqlite_file, Kind::postgres),
                                           std::tuple(Kind::postgres, Kind::sqlite_file),
                                           std::tuple(Kind::sqlite_file, Kind::sqlite_file),
                                           std::tuple(Kind::postgres, Kind::postgres)),
                         [](const auto& one) {
                           return name_of(std::get<0>(one.param)) + "To" + name_of(std::get<1>(one.param));
                         });

}  // namespace
}  // namespace granary::db
