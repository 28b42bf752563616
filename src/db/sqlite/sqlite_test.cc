/// What only SQLite does: files, locks of other processes, full disks.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::db {
namespace {

constexpr std::array<Migration, 1> kTables = {
    {{"test.0001", "CREATE TABLE things (name TEXT NOT NULL UNIQUE, bytes {bytes});"}}};

class SqliteTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(::mkdtemp(folder.data())); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<Database> open() {
    auto opened = open_sqlite({.path = path()}, {});
    EXPECT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE((*opened)->migrate(ctx, kTables));
    return *std::move(opened);
  }
  std::string path() const { return folder + "/data/granary.db"; }
  static Result<> add(Database& database, const Context& context, std::string_view name,
                      std::size_t size = 1) {
    const std::string bytes(size, 'x');
    return database.write(context, [&](WriteSession& s) -> Result<> {
      TRY(s.execute("INSERT INTO things (name, bytes) VALUES ($1, $2)", {name, Blob{bytes}}));
      return {};
    });
  }
  std::int64_t count(Database& database) {
    std::int64_t n = -1;
    EXPECT_TRUE(database.read(ctx, [&](Session& s) {
      return s.query("SELECT count(*) FROM things", {}, [&](const Row& row) -> Result<> {
        n = row.integer(0);
        return {};
      });
    }));
    return n;
  }

  Context ctx = test_context();
  std::string folder = "/tmp/granary-sqlite-XXXXXX";
};

TEST_F(SqliteTest, WhatWasWrittenIsThereAfterItIsOpenedAgain) {
  ASSERT_TRUE(add(*open(), ctx, "x"));
  EXPECT_EQ(count(*open()), 1);
}

TEST_F(SqliteTest, OnlyTheOwnerMayReadTheFile) {
  open();
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsCorrupt) {
  std::filesystem::create_directories(folder + "/data");
  std::ofstream(path()) << std::string(8192, 'z');
  const auto opened = open_sqlite({.path = path()}, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::corrupt);
}

TEST_F(SqliteTest, ALockOfAnotherProcessIsUnavailableThenWorksAgain) {
  const auto database = open(), other = open();
  std::latch locked(1), leave(1);
  std::jthread holder([&] {
    EXPECT_TRUE(other->write(ctx, [&](WriteSession&) -> Result<> {
      locked.count_down();
      leave.wait();
      return {};
    }));
  });
  locked.wait();
  const auto hurried = add(*database, ctx.with_timeout(std::chrono::milliseconds(50)), "x");
  const auto patient = add(*database, ctx, "y");
  EXPECT_EQ(count(*database), 0);  // reads go on
  leave.count_down();
  holder.join();
  EXPECT_EQ(hurried.error().code(), Errc::deadline_exceeded);
  EXPECT_EQ(patient.error().code(), Errc::unavailable);
  EXPECT_FALSE(patient.error().hint().empty());
  EXPECT_TRUE(add(*database, ctx, "z"));
  EXPECT_EQ(count(*database), 1);
}

TEST_F(SqliteTest, AFullDiskIsUnavailableThenWorksAgain) {
  const auto database = open();
  ASSERT_TRUE(add(*database, ctx, "before"));
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &was), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit full = was;
  full.rlim_cur = 256 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto refused = add(*database, ctx, "large", 1 << 20);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &was), 0);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unavailable) << refused.error().message();
  EXPECT_EQ(count(*database), 1);
  EXPECT_TRUE(add(*database, ctx, "large", 1 << 20));
  EXPECT_EQ(count(*open()), 2);
}

}  // namespace
}  // namespace granary::db
