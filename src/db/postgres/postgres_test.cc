/// What only PostgreSQL does: servers that go and come back, other nodes, few connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/testing/test_context.h"
#include "db/open.h"
#include "db/testing/database_place.h"
#include "db/testing/postgres_server.h"

namespace granary::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::PostgresServer;

constexpr std::array<Migration, 1> kTables = {
    {{"test.0001", "CREATE TABLE things (name TEXT NOT NULL UNIQUE);"}}};

/// What a node heard; waits for it.
class Heard {
 public:
  void listen(Database& database) {
    database.on_change([this](std::span<const std::int64_t> topics) {
      const std::lock_guard lock(mutex_);
      all_.emplace_back(topics.begin(), topics.end());
      more_.notify_all();
    });
  }
  bool within(milliseconds time, const std::vector<std::int64_t>& topics) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, time,
                          [&] { return std::find(all_.begin(), all_.end(), topics) != all_.end(); });
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    all_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::vector<std::int64_t>> all_;
};

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::require_postgres()) return;
    server = PostgresServer::shared();
    options.url = server->new_schema().value();
  }
  std::unique_ptr<Database> open() {
    auto opened = open_postgres(options, {});
    EXPECT_TRUE(opened) << opened.error().message();
    const auto migrated = (*opened)->migrate(ctx, kTables);
    EXPECT_TRUE(migrated) << migrated.error().message();
    return *std::move(opened);
  }
  static Result<> add(Database& database, const Context& context, const std::string& name,
                      std::int64_t topic = 1) {
    return database.write(context, [&](WriteSession& s) -> Result<> {
      TRY(s.execute("INSERT INTO things (name) VALUES ($1)", {std::string_view(name)}));
      s.announce(topic);
      return {};
    });
  }
  static Result<std::int64_t> number(Database& database, const Context& context, std::string_view sql) {
    std::int64_t n = -1;
    TRY(database.read(context, [&](Session& s) {
      return s.query(sql, {}, [&](const Row& row) -> Result<> {
        n = row.integer(0);
        return {};
      });
    }));
    return n;
  }
  static Result<std::int64_t> count(Database& database, const Context& context) {
    return number(database, context, "SELECT count(*) FROM things");
  }
  /// Tries again for as long as the context lasts.
  template <class Try>
  bool at_last(Try attempt) {
    while (ctx.check()) {
      if (attempt()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  Context ctx = test_context();
  PostgresServer* server = nullptr;
  PostgresOptions options;
};

TEST_F(PostgresTest, AnotherNodeHearsWhatWasAnnounced) {
  const auto one = open(), two = open();
  Heard heard;
  heard.listen(*two);
  ASSERT_TRUE(heard.within(seconds(10), {}));  // it listens from now on
  ASSERT_TRUE(add(*one, ctx, "x", 42));
  EXPECT_TRUE(heard.within(seconds(10), {42}));
}

TEST_F(PostgresTest, OwnChangesAreHeardOnce) {
  const auto one = open(), two = open();
  Heard own, others;
  own.listen(*one);
  others.listen(*two);
  ASSERT_TRUE(own.within(seconds(10), {}));
  ASSERT_TRUE(others.within(seconds(10), {}));
  ASSERT_TRUE(add(*one, ctx, "x", 42));
  EXPECT_TRUE(own.within(milliseconds(0), {42}));
  own.forget();
  ASSERT_TRUE(add(*two, ctx, "y", 43));
  ASSERT_TRUE(own.within(seconds(10), {43}));  // after what the first could have heard of itself
  EXPECT_FALSE(own.within(milliseconds(0), {42}));
}

TEST_F(PostgresTest, MoreTopicsThanAMessageHoldsMeanEverything) {
  const auto one = open(), two = open();
  Heard heard;
  heard.listen(*two);
  ASSERT_TRUE(heard.within(seconds(10), {}));
  heard.forget();
  ASSERT_TRUE(one->write(ctx, [](WriteSession& s) -> Result<> {
    for (std::int64_t topic = 0; topic < 5'000; ++topic) s.announce(topic);
    return {};
  }));
  EXPECT_TRUE(heard.within(seconds(1), {}));
}

TEST_F(PostgresTest, ACommitOfWhichNoMessageComesIsFoundByItsCount) {
  const auto one = open();
  Heard heard;
  heard.listen(*one);
  ASSERT_TRUE(heard.within(seconds(10), {}));
  ASSERT_TRUE(add(*open(), ctx, "announced", 77));
  ASSERT_TRUE(heard.within(seconds(10), {77}));
  heard.forget();
  EXPECT_FALSE(heard.within(seconds(4), {})) << "what was heard is not missing";
  // As a pooler would keep it back: counted, and no message.
  ASSERT_TRUE(open()->write(ctx, [](WriteSession& session) -> Result<> {
    return session.query("SELECT nextval('granary_changes')", {}, [](const Row&) { return Result<>(); });
  }));
  EXPECT_TRUE(heard.within(seconds(10), {}));
}

TEST_F(PostgresTest, NodesOfOtherSchemasAreNotHeard) {
  const auto one = open();
  options.url = server->new_schema().value();
  const auto two = open(), three = open();
  Heard heard;
  heard.listen(*two);
  ASSERT_TRUE(heard.within(seconds(10), {}));
  ASSERT_TRUE(add(*one, ctx, "x", 42));
  ASSERT_TRUE(add(*three, ctx, "x", 43));
  EXPECT_TRUE(heard.within(seconds(10), {43}));
  EXPECT_FALSE(heard.within(milliseconds(0), {42}));
}

TEST_F(PostgresTest, AWriteAsideDoesNotWaitForALongWrite) {
  const auto database = open();
  const auto written = database->write(ctx, [&](WriteSession& session) -> Result<> {
    TRY(session.execute("INSERT INTO things (name) VALUES ('long')", {}));
    return database->write_aside(ctx.with_timeout(seconds(5)), [](Session& aside) -> Result<> {
      TRY(aside.execute("INSERT INTO things (name) VALUES ('aside')", {}));
      return {};
    });
  });
  EXPECT_TRUE(written) << written.error().message();
  EXPECT_EQ(count(*database, ctx), 2);
}

TEST_F(PostgresTest, AServerThatGoesAndComesBackIsUnavailableMeanwhile) {
  auto own = PostgresServer::create();
  ASSERT_TRUE(own) << own.error().message();
  options.url = (*own)->new_schema().value();
  options.outage_patience = milliseconds(300);
  const auto hasty = open();
  options.outage_patience = std::chrono::hours(1);
  const auto database = open();
  Heard heard;
  heard.listen(*database);
  ASSERT_TRUE(heard.within(seconds(10), {}));
  ASSERT_TRUE(add(*database, ctx, "before"));
  ASSERT_EQ(count(*database, ctx).value(), 1);

  (*own)->stop();
  heard.forget();
  const auto began = Context::Clock::now();
  EXPECT_EQ(add(*database, ctx, "meanwhile").error().code(), Errc::unavailable);
  const auto first = count(*database, ctx);
  EXPECT_EQ(first.error().code(), Errc::unavailable);
  EXPECT_TRUE(first.error().brief());
  EXPECT_LT(Context::Clock::now() - began, seconds(8));
  EXPECT_TRUE(at_last([&] { return !count(*hasty, ctx).error().brief(); })) << "patience ends";
  EXPECT_EQ(count(*database, ctx).error().code(), Errc::unavailable);

  ASSERT_TRUE((*own)->start());
  EXPECT_TRUE(at_last([&] { return add(*database, ctx, "after").has_value(); }));
  EXPECT_EQ(count(*database, ctx).value(), 2);
  EXPECT_TRUE(heard.within(seconds(10), {}));  // reload everything
  heard.forget();
  ASSERT_TRUE(add(*open(), ctx, "by another", 77));
  EXPECT_TRUE(heard.within(seconds(10), {77}));
}

TEST_F(PostgresTest, ARestartBetweenTwoRequestsIsNotNoticed) {
  auto own = PostgresServer::create();
  ASSERT_TRUE(own) << own.error().message();
  options.url = (*own)->new_schema().value();
  const auto database = open();
  ASSERT_TRUE(add(*database, ctx, "before"));
  ASSERT_TRUE(count(*database, ctx));
  (*own)->kill();
  ASSERT_TRUE((*own)->start());
  EXPECT_EQ(count(*database, ctx).value_or(-1), 1);
  EXPECT_TRUE(add(*database, ctx, "after"));
}

TEST_F(PostgresTest, AServerThatDiesDuringAWriteLeavesNoTrace) {
  auto own = PostgresServer::create();
  ASSERT_TRUE(own) << own.error().message();
  options.url = (*own)->new_schema().value();
  const auto database = open();
  const auto cut = database->write(ctx, [&](WriteSession& s) -> Result<> {
    TRY(s.execute("INSERT INTO things (name) VALUES ('x')", {}));
    (*own)->kill();
    return {};
  });
  EXPECT_EQ(cut.error().code(), Errc::unavailable);
  ASSERT_TRUE((*own)->start());
  EXPECT_EQ(count(*database, ctx).value_or(-1), 0);
}

TEST_F(PostgresTest, ACommitWithoutAnAnswerIsNeverASuccess) {
  const auto database = open();
  const std::array<Migration, 1> deadly = {
      {{"test.0002",
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';\n"
        "CREATE CONSTRAINT TRIGGER deadly AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.name = 'die') EXECUTE FUNCTION die();"}}};
  ASSERT_TRUE(database->migrate(ctx, deadly));
  const auto unknown = add(*database, ctx, "die");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::unavailable);
  EXPECT_THAT(unknown.error().hint(), ::testing::HasSubstr("may or may not"));
  EXPECT_TRUE(add(*database, ctx, "live"));
}

TEST_F(PostgresTest, ThreeConnectionsAreEnoughAndNeverMore) {
  options.max_open_connections = 3;
  options.max_idle_connections = 3;
  const auto database = open();
  Heard heard;
  heard.listen(*database);
  ASSERT_TRUE(heard.within(seconds(10), {}));
  const auto open_now = [&] {
    return number(*database, ctx,
                  "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'granary' "
                  "AND pid IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend')");
  };
  // Those of the tests before end some time after they were closed.
  ASSERT_TRUE(at_last([&] { return open_now().value_or(4) <= 3; }));
  std::atomic<int> failures{0};
  std::atomic<std::int64_t> most{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5; ++i) {
          if (!add(*database, ctx, std::to_string(t) + "/" + std::to_string(i))) ++failures;
          if (const auto now = open_now(); !now)
            ++failures;
          else
            most = std::max(most.load(), *now);
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(count(*database, ctx).value_or(-1), 80);
  EXPECT_EQ(database->stats().maximum, 3);
  EXPECT_LE(database->stats().open, 3);
}

TEST_F(PostgresTest, FewerThanThreeConnectionsAreRefused) {
  options.max_open_connections = 2;
  const auto refused = open_postgres(options, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
}

/// Takes connections on a port of loopback and says nothing on them.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  const std::string& port() const noexcept { return port_; }

 private:
  UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string port_;
};

TEST_F(PostgresTest, AServerThatNeverAnswersIsUnavailableWithinTheTimeout) {
  const SilentServer silent;
  options.url = "postgres://granary@127.0.0.1:" + silent.port() + "/postgres";
  options.connection_timeout = milliseconds(200);
  auto database = open_postgres(options, {});
  ASSERT_TRUE(database);
  const auto began = Context::Clock::now();
  EXPECT_EQ(add(**database, ctx, "x").error().code(), Errc::unavailable);
  EXPECT_EQ(count(**database, ctx).error().code(), Errc::unavailable);
  EXPECT_LT(Context::Clock::now() - began, seconds(8));
}

TEST_F(PostgresTest, OfSeveralServersOneThatHangsIsPassedOver) {
  const SilentServer silent;
  const auto host = options.url.find("host=") + 5;
  options.url.insert(host, "127.0.0.1,");
  options.url += "&port=" + silent.port() + ",5432";
  const auto database = open();
  EXPECT_TRUE(add(*database, ctx, "x"));
  EXPECT_EQ(count(*database, ctx).value_or(-1), 1);
  const auto began = Context::Clock::now();
  EXPECT_TRUE(add(*open(), ctx, "y"));  // it begins anew with the first: a second for each kind of connection
  EXPECT_LT(Context::Clock::now() - began, seconds(9));
}

TEST_F(PostgresTest, OfSeveralServersTheOneThatCanBeWrittenToIsTaken) {
  auto standby = PostgresServer::create();
  ASSERT_TRUE(standby) << standby.error().message();
  const auto folder = [](const std::string& url) { return url.substr(url.find("host=") + 5); };
  PostgresOptions on_standby;
  on_standby.url = (*standby)->url();
  ASSERT_TRUE((*open_postgres(on_standby, {}))->write(ctx, [](WriteSession& s) -> Result<> {
    TRY(s.execute("ALTER DATABASE postgres SET default_transaction_read_only = on", {}));
    return {};
  }));
  options.url.insert(options.url.find("host=") + 5, folder((*standby)->url()) + ",");
  const auto database = open();
  EXPECT_TRUE(add(*database, ctx, "x"));
}

TEST_F(PostgresTest, AfterAServerHasBecomeReadOnlyTheNextWriteLooksForAnother) {
  const auto database = open();
  const auto backend = [&](bool read_only) {
    std::int64_t pid = 0;
    const auto written = database->write(ctx, [&](WriteSession& s) -> Result<> {
      TRY(s.query("SELECT pg_backend_pid()::bigint", {}, [&](const Row& row) -> Result<> {
        pid = row.integer(0);
        return {};
      }));
      if (read_only) TRY(s.execute("SET LOCAL transaction_read_only = on", {}));
      TRY(s.execute("INSERT INTO things (name) VALUES ($1)", {std::string_view("x")}));
      return {};
    });
    EXPECT_EQ(written.has_value(), !read_only);
    return pid;
  };
  const auto before = backend(true);
  EXPECT_NE(backend(false), before);
}

TEST_F(PostgresTest, AMissingSchemaIsSaidSo) {
  options.url = server->url() + "&search_path=nowhere";
  auto database = open_postgres(options, {});
  ASSERT_TRUE(database);
  const auto refused = (*database)->migrate(ctx, kTables);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "the schema does not exist");
}

TEST_F(PostgresTest, AWriterWaitsForThatOfAnotherNodeUntilItsDeadline) {
  const auto one = open(), two = open();
  std::latch inside(1), leave(1);
  std::jthread slow([&] {
    EXPECT_TRUE(one->write(ctx, [&](WriteSession& s) -> Result<> {
      TRY(s.execute("INSERT INTO things (name) VALUES ('slow')", {}));
      inside.count_down();
      leave.wait();
      return {};
    }));
  });
  inside.wait();
  EXPECT_EQ(add(*two, ctx.with_timeout(milliseconds(100)), "x").error().code(), Errc::deadline_exceeded);
  leave.count_down();
  slow.join();
  EXPECT_TRUE(add(*two, ctx, "y"));
  EXPECT_EQ(count(*two, ctx).value_or(-1), 2);
}

}  // namespace
}  // namespace granary::db
