#pragma once
/// What every Database does. Instantiate DatabaseSuite and ReadersSuite with kinds of place.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "base/testing/test_context.h"
#include "db/testing/database_place.h"

namespace granary::db::testing {

inline constexpr std::array<Migration, 2> kSuiteMigrations = {{
    {"suite.0001",
     "CREATE TABLE things (id {id}, name {text} NOT NULL UNIQUE, value BIGINT NOT NULL);\n"
     "CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id), bytes {bytes});"},
    {"suite.0002", "CREATE TABLE counter (value BIGINT NOT NULL);\nINSERT INTO counter (value) VALUES (0);"},
}};

class DatabaseSuite : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    place = make_place(GetParam());
    if (!place) return;
    database = open();
    const auto migrated = database->migrate(ctx, kSuiteMigrations);
    ASSERT_TRUE(migrated) << migrated.error().message() << ": " << migrated.error().notes().front();
  }
  std::shared_ptr<Database> open() {
    auto opened = place->open();
    EXPECT_TRUE(opened) << opened.error().message();
    return opened.value_or(nullptr);
  }
  Result<> add(const std::string& name, std::int64_t value = 0) {
    return database->write(ctx, [&](WriteSession& s) -> Result<> {
      TRY(s.execute("INSERT INTO things (name, value) VALUES ($1, $2)", {std::string_view(name), value}));
      return {};
    });
  }
  std::int64_t number(Database& from, std::string_view sql, std::initializer_list<Value> values = {}) {
    std::int64_t value = -1;
    const auto read = from.read(ctx, [&](Session& s) {
      return s.query(sql, values, [&](const Row& row) -> Result<> {
        value = row.integer(0);
        return {};
      });
    });
    EXPECT_TRUE(read) << read.error().message();
    return value;
  }
  std::int64_t count() { return number(*database, "SELECT count(*) FROM things"); }

  Context ctx = test_context();
  std::unique_ptr<DatabasePlace> place;
  std::shared_ptr<Database> database;
};

TEST_P(DatabaseSuite, EveryTypeOfValueComesBackAsItWent) {
  const std::string bytes("\0\xff\x80'\n", 5);
  std::int64_t id = 0;
  const auto written = database->write(ctx, [&](WriteSession& s) -> Result<> {
    TRY(s.query("INSERT INTO things (name, value) VALUES ($2, $1) RETURNING id",
                {INT64_MIN, "na\xc3\xafve $1 'x'"}, [&](const Row& row) -> Result<> {
                  id = row.integer(0);
                  return {};
                }));
    TRY(s.execute("INSERT INTO parts (thing, bytes) VALUES ($1, $2)", {id, Blob{bytes}}));
    TRY(s.execute("INSERT INTO parts (thing, bytes) VALUES ($1, $2)", {id, nullptr}));
    TRY(s.execute("INSERT INTO parts (thing, bytes) VALUES ($1, $2)", {id, Blob{""}}));
    return {};
  });
  ASSERT_TRUE(written) << written.error().message() << written.error().notes().front();

  std::vector<std::string> seen;
  int nulls = 0;
  const auto read = database->read(ctx, [&](Session& s) {
    return s.query(
        "SELECT t.name, t.value, p.bytes FROM things t JOIN parts p ON p.thing = t.id "
        "WHERE t.value = $1 AND t.value = $1",
        {INT64_MIN}, [&](const Row& row) -> Result<> {
          EXPECT_EQ(row.text(0), "na\xc3\xafve $1 'x'");
          EXPECT_EQ(row.integer(1), INT64_MIN);
          nulls += row.is_null(2) ? 1 : 0;
          seen.emplace_back(row.blob(2));
          return {};
        });
  });
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre(bytes, "", ""));
  EXPECT_EQ(nulls, 1);
}

TEST_P(DatabaseSuite, CountsAndSumsAreIntegers) {
  ASSERT_TRUE(add("a", 70'000'000'000));
  ASSERT_TRUE(add("b", -5));
  EXPECT_EQ(number(*database, "SELECT sum(value) FROM things"), 69'999'999'995);
  EXPECT_EQ(number(*database, "SELECT EXISTS (SELECT 1 FROM things WHERE name = 'b')"), 1);
  EXPECT_EQ(number(*database, "SELECT sum(value) FROM things WHERE name = 'b'"), -5);
}

TEST_P(DatabaseSuite, TextSortsBytewise) {
  for (const auto* name : {"b", "B", "a.b", "a", "\xc3\xa9"}) ASSERT_TRUE(add(name));
  std::vector<std::string> names;
  ASSERT_TRUE(database->read(ctx, [&](Session& s) {
    return s.query("SELECT name FROM things ORDER BY name", {}, [&](const Row& row) -> Result<> {
      names.emplace_back(row.text(0));
      return {};
    });
  }));
  EXPECT_THAT(names, ::testing::ElementsAre("B", "a", "a.b", "b", "\xc3\xa9"));
}

TEST_P(DatabaseSuite, AFailedWriteLeavesNoTrace) {
  const auto failed = database->write(ctx, [&](WriteSession& s) -> Result<> {
    TRY(s.execute("INSERT INTO things (name, value) VALUES ('x', 1)", {}));
    return fail(Errc::too_large, "no");
  });
  EXPECT_EQ(failed.error().code(), Errc::too_large);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseSuite, ADuplicateIsAConflict) {
  ASSERT_TRUE(add("x"));
  EXPECT_EQ(add("x").error().code(), Errc::conflict);
  EXPECT_TRUE(add("y"));
}

TEST_P(DatabaseSuite, AForeignKeyIsKept) {
  const auto failed = database->write(ctx, [](WriteSession& s) -> Result<> {
    TRY(s.execute("INSERT INTO parts (thing) VALUES (77)", {}));
    return {};
  });
  EXPECT_EQ(failed.error().code(), Errc::conflict);
}

TEST_P(DatabaseSuite, AClosureThatSwallowsAnErrorFailsAllTheSame) {
  ASSERT_TRUE(add("x"));
  const auto swallowed = database->write(ctx, [](WriteSession& s) -> Result<> {
    static_cast<void>(s.execute("INSERT INTO things (name, value) VALUES ('y', 0)", {}));
    static_cast<void>(s.execute("INSERT INTO things (name, value) VALUES ('x', 0)", {}));
    return {};
  });
  EXPECT_EQ(swallowed.error().code(), Errc::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseSuite, AClosureThatThrowsFailsAlone) {
  const auto thrown =
      database->write(ctx, [](WriteSession&) -> Result<> { throw std::runtime_error("oops"); });
  EXPECT_EQ(thrown.error().code(), Errc::internal);
  EXPECT_TRUE(add("x"));
}

/// What every Database does whose readers have connections of their own: all but the twin, which reads on the
/// one that writes.
class ReadersSuite : public DatabaseSuite {};

TEST_P(ReadersSuite, AReadCannotWrite) {
  const auto refused = database->read(ctx, [](Session& s) -> Result<> {
    TRY(s.execute("INSERT INTO things (name, value) VALUES ('x', 0)", {}));
    return {};
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(count(), 0);
}

TEST_P(ReadersSuite, AReadSeesOneState) {
  std::int64_t before = -1, after = -1;
  ASSERT_TRUE(database->read(ctx, [&](Session& s) -> Result<> {
    const auto count_in = [&](std::int64_t& into) {
      return s.query("SELECT count(*) FROM things", {}, [&](const Row& row) -> Result<> {
        into = row.integer(0);
        return {};
      });
    };
    TRY(count_in(before));
    TRY(add("x"));
    return count_in(after);
  }));
  EXPECT_EQ(before, 0);
  EXPECT_EQ(after, 0);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseSuite, AQueryMayRunWithinAQuery) {
  ASSERT_TRUE(add("a", 1));
  ASSERT_TRUE(add("b", 2));
  std::int64_t sum = 0;
  constexpr std::string_view kSql = "SELECT value FROM things";
  ASSERT_TRUE(database->read(ctx, [&](Session& s) {
    return s.query(kSql, {}, [&](const Row&) {
      return s.query(kSql, {}, [&](const Row& row) -> Result<> {
        sum += row.integer(0);
        return {};
      });
    });
  }));
  EXPECT_EQ(sum, 6);
}

TEST_P(DatabaseSuite, ConcurrentWritesAllHappenOnceAndFailuresHarmNobodyElse) {
  constexpr int kThreads = 64, kEach = 8;
  std::atomic<int> wrong{0};
  std::latch together(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        together.arrive_and_wait();
        for (int i = 0; i < kEach; ++i) {
          const bool fails = (t + i) % 4 == 0;
          const auto result = database->write(ctx, [&](WriteSession& s) -> Result<> {
            TRY(s.execute("UPDATE counter SET value = value + 1", {}));
            const auto name = fails ? std::string("same") : std::to_string(t) + "/" + std::to_string(i);
            if (fails)
              TRY(s.execute("INSERT INTO things (name, value) VALUES ($1, 1)", {std::string_view(name)}));
            TRY(s.execute("INSERT INTO things (name, value) VALUES ($1, 1)", {std::string_view(name)}));
            return {};
          });
          if (result.has_value() == fails) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(count(), kThreads * kEach * 3 / 4);
  EXPECT_EQ(number(*database, "SELECT value FROM counter"), kThreads * kEach * 3 / 4);
}

TEST_P(DatabaseSuite, AWriteThatWaitsPastItsDeadlineNeverRuns) {
  std::latch inside(1), leave(1);
  std::jthread slow([&] {
    EXPECT_TRUE(database->write(ctx, [&](WriteSession&) -> Result<> {
      inside.count_down();
      leave.wait();
      return {};
    }));
  });
  inside.wait();
  bool ran = false;
  const auto late =
      database->write(ctx.with_timeout(std::chrono::milliseconds(30)), [&](WriteSession&) -> Result<> {
        ran = true;
        return {};
      });
  leave.count_down();
  slow.join();
  EXPECT_EQ(late.error().code(), Errc::deadline_exceeded);
  EXPECT_TRUE(add("x"));
  EXPECT_FALSE(ran);
}

TEST_P(DatabaseSuite, AWriteAsideIsWholeOrNotAtAll) {
  const auto set = [&](std::int64_t value, bool ok) {
    return database->write_aside(ctx, [&](Session& s) -> Result<> {
      TRY(s.execute("UPDATE counter SET value = $1", {value}));
      if (!ok) return fail(Errc::invalid_argument, "no");
      return {};
    });
  };
  EXPECT_TRUE(set(1, true));
  EXPECT_EQ(set(2, false).error().code(), Errc::invalid_argument);
  EXPECT_EQ(number(*database, "SELECT value FROM counter"), 1);
  EXPECT_FALSE(database->write_aside(ctx, [](Session& s) -> Result<> {
    (void)s.execute("UPDATE counter SET value = 3", {});
    (void)s.execute("INSERT INTO parts (thing, bytes) VALUES (99, $1)", {Blob{"x"}});  // swallowed
    return {};
  }));
  EXPECT_EQ(number(*database, "SELECT value FROM counter"), 1);
}

TEST_P(DatabaseSuite, AnEndlessQueryEndsAtItsDeadline) {
  constexpr std::string_view kEndless =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 - 1 FROM n) SELECT count(*) FROM n";
  const auto began = Context::Clock::now();
  const auto read = database->read(ctx.with_timeout(std::chrono::milliseconds(100)), [&](Session& s) {
    return s.query(kEndless, {}, [](const Row&) -> Result<> { return {}; });
  });
  const auto written = database->write(
      ctx.with_timeout(std::chrono::milliseconds(100)),
      [&](WriteSession& s) { return s.query(kEndless, {}, [](const Row&) -> Result<> { return {}; }); });
  EXPECT_EQ(read.error().code(), Errc::deadline_exceeded);
  EXPECT_EQ(written.error().code(), Errc::deadline_exceeded);
  EXPECT_LT(Context::Clock::now() - began, std::chrono::seconds(15));
  EXPECT_TRUE(add("x"));
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseSuite, ChangesAreHeardBeforeTheWriteReturns) {
  std::mutex mutex;
  std::vector<std::int64_t> heard;
  database->on_change([&](std::span<const std::int64_t> topics) {
    const std::lock_guard lock(mutex);
    heard.insert(heard.end(), topics.begin(), topics.end());
  });
  const auto announcing = [&](bool succeed) {
    return database->write(ctx, [=](WriteSession& s) -> Result<> {
      s.announce(succeed ? 7 : 8);
      s.announce(succeed ? -1 : 9);
      if (!succeed) return fail(Errc::conflict, "no");
      return {};
    });
  };
  EXPECT_FALSE(announcing(false));
  EXPECT_TRUE(announcing(true));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(heard, ::testing::UnorderedElementsAre(7, -1));
}

TEST_P(DatabaseSuite, SeveralNodesMigrateAtOnce) {
  std::vector<std::shared_ptr<Database>> nodes = {database, open()};
  std::array<Migration, 3> more = {
      kSuiteMigrations[0],
      kSuiteMigrations[1],
      {"suite.0003", "CREATE TABLE late (value BIGINT);\nINSERT INTO late VALUES (1);"}};
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] { failures += nodes[t % 2]->migrate(ctx, more) ? 0 : 1; });
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM late"), 1);
}

TEST_P(DatabaseSuite, AMigrationThatFailsLeavesThoseBeforeIt) {
  const std::array<Migration, 2> broken = {
      {{"suite.0003", "CREATE TABLE good (value BIGINT);"},
       {"suite.0004", "CREATE TABLE half (value BIGINT);\nSELECT nonsense;"}}};
  EXPECT_FALSE(database->migrate(ctx, broken));
  EXPECT_EQ(number(*database, "SELECT count(*) FROM good"), 0);
  const std::array<Migration, 2> mended = {{broken[0], {"suite.0004", "CREATE TABLE half (value BIGINT);"}}};
  EXPECT_TRUE(database->migrate(ctx, mended));
}

TEST_P(DatabaseSuite, ADatabaseOfANewerProgramIsFine) {
  const std::array<Migration, 1> newer = {{{"suite.9999", "CREATE TABLE future (value BIGINT);"}}};
  ASSERT_TRUE(database->migrate(ctx, newer));
  EXPECT_TRUE(database->migrate(ctx, kSuiteMigrations));
}

}  // namespace granary::db::testing
