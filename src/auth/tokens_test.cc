#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <utility>

#include "auth/auth.h"
#include "auth/secret.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "db/open.h"

namespace granary::auth {
namespace {

using namespace std::chrono_literals;

/// Counts reads, and can hold them back or fail them.
class CountingDatabase final : public db::Database {
 public:
  explicit CountingDatabase(std::unique_ptr<db::Database> inner) : inner_(std::move(inner)) {}
  Result<> read(const Context& ctx, const std::function<Result<>(db::Session&)>& work) override {
    ++reads;
    if (before_read) before_read();
    if (failing) return fail(Errc::unavailable, "the database is gone");
    auto done = inner_->read(ctx, work);
    if (after_read) after_read();
    return done;
  }
  Result<> write(const Context& ctx, const std::function<Result<>(db::WriteSession&)>& work) override {
    return inner_->write(ctx, work);
  }
  Result<> migrate(const Context& ctx, std::span<const db::Migration> m) override {
    return inner_->migrate(ctx, m);
  }
  void on_change(std::function<void(std::span<const std::int64_t>)> heard) override {
    inner_->on_change(std::move(heard));
  }
  db::Dialect dialect() const noexcept override { return inner_->dialect(); }
  db::PoolStats stats() const override { return inner_->stats(); }

  std::atomic<int> reads = 0;
  std::atomic<bool> failing = false;
  std::function<void()> before_read, after_read;

 private:
  std::unique_ptr<db::Database> inner_;
};

class TokensTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = db::open_sqlite({.path = ":memory:"}, {});
    ASSERT_TRUE(opened);
    database = std::make_shared<CountingDatabase>(std::move(*opened));
    ASSERT_TRUE(database->migrate(ctx, migrations()));
    tokens = make_tokens(database, clock);
  }
  NewToken make(std::string_view scopes = "sources:write:team", std::optional<Time> expires = {}) {
    auto made = tokens->create(ctx, {.id = {},
                                     .description = "CI",
                                     .user = "ann",
                                     .scopes = *parse_scopes(scopes),
                                     .expires_at = expires,
                                     .revoked_at = {}});
    EXPECT_TRUE(made);
    return *made;
  }

  Context ctx = test_context();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<CountingDatabase> database;
  std::unique_ptr<Tokens> tokens;
};

TEST_F(TokensTest, ANewTokenIsVerifiedAndListedWithoutItsSecret) {
  const auto made = make();
  EXPECT_TRUE(looks_like_secret(made.secret));
  EXPECT_EQ(made.info.id.size(), 36U);
  const auto principal = tokens->verify(ctx, made.secret);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->description, "CI");
  EXPECT_EQ(principal->token_id, made.info.id);
  EXPECT_TRUE(principal->may_publish("team"));
  EXPECT_FALSE(principal->may_publish("other"));
  const auto all = tokens->list(ctx);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].user, "ann");
  EXPECT_EQ((*all)[0].created_at, clock->now());
}

TEST_F(TokensTest, TheSecretIsNowhereInTheDatabase) {
  const auto made = make();
  ASSERT_TRUE(database->read(ctx, [&](db::Session& session) {
    return session.query("SELECT id || description || owner || scopes || hex(secret_sha256) FROM tokens", {},
                         [&](const db::Row& row) -> Result<> {
                           EXPECT_EQ(row.text(0).find(made.secret.substr(4)), std::string_view::npos);
                           return {};
                         });
  }));
}

TEST_F(TokensTest, WhatDoesNotLookLikeATokenCostsNoQuery) {
  for (const auto& secret : {std::string(), std::string("x"), std::string("grn_short"),
                             "grn_" + std::string(64, 'Z'), std::string(100'000, 'a')}) {
    const auto principal = tokens->verify(ctx, secret);
    ASSERT_FALSE(principal);
    EXPECT_EQ(principal.error().code(), Errc::unauthenticated);
  }
  EXPECT_EQ(database->reads, 0);
}

TEST_F(TokensTest, AnUnknownSecretCostsOneQueryInTwoSeconds) {
  const auto stranger = new_secret();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(tokens->verify(ctx, stranger));
  EXPECT_EQ(database->reads, 1);
}

TEST_F(TokensTest, FiftyRequestsWithOneNewSecretCostOneQuery) {
  // Given fifty threads that present the same secret while the first query is held back
  const auto made = make();
  std::latch all_here(50);
  database->before_read = [&] { all_here.wait(); };
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 50; ++i) {
      threads.emplace_back([&] {
        all_here.count_down();
        if (tokens->verify(ctx, made.secret)) ++good;
      });
    }
  }
  // Then all are admitted and one query was made
  EXPECT_EQ(good, 50);
  EXPECT_EQ(database->reads, 1);
}

TEST_F(TokensTest, ATokenEndsWhenItExpiresAlsoWhileItIsCached) {
  const auto made = make("repos:read", clock->now() + 5s);
  EXPECT_TRUE(tokens->verify(ctx, made.secret));
  clock->advance(5s);
  const auto late = tokens->verify(ctx, made.secret);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Errc::unauthenticated);
  EXPECT_EQ(database->reads, 1);
}

TEST_F(TokensTest, ARevocationIsSeenAtOnceByIdAndBySecret) {
  for (const bool by_secret : {false, true}) {
    const auto made = make();
    EXPECT_TRUE(tokens->verify(ctx, made.secret));
    const auto revoked = tokens->revoke(ctx, by_secret ? made.secret : made.info.id);
    ASSERT_TRUE(revoked);
    EXPECT_EQ(revoked->revoked_at, clock->now());
    EXPECT_FALSE(tokens->verify(ctx, made.secret));
  }
}

TEST_F(TokensTest, ARevocationDuringAVerificationIsNotForgotten) {
  // Given a revocation between the query and its answer
  const auto made = make();
  bool revoked = false;
  database->after_read = [&] {
    if (std::exchange(revoked, true)) return;
    EXPECT_TRUE(tokens->revoke(ctx, made.info.id));
  };
  EXPECT_TRUE(tokens->verify(ctx, made.secret));  // it began before
  // Then the next request is refused
  EXPECT_FALSE(tokens->verify(ctx, made.secret));
}

TEST_F(TokensTest, RevokingTwiceKeepsTheFirstTimeAndAnUnknownTokenIsNotFound) {
  const auto made = make();
  const auto first = tokens->revoke(ctx, made.info.id);
  clock->advance(1h);
  const auto second = tokens->revoke(ctx, made.info.id);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->revoked_at, second->revoked_at);
  EXPECT_EQ(tokens->revoke(ctx, "nobody").error().code(), Errc::not_found);
}

TEST_F(TokensTest, ADatabaseThatIsGoneIsNotAWrongTokenAndIsNotRemembered) {
  const auto made = make();
  database->failing = true;
  EXPECT_EQ(tokens->verify(ctx, made.secret).error().code(), Errc::unavailable);
  database->failing = false;
  EXPECT_TRUE(tokens->verify(ctx, made.secret));
}

TEST_F(TokensTest, BadRequestsForATokenAreRefused) {
  EXPECT_FALSE(tokens->create(ctx, {}));
  TokenInfo info;
  info.description = "x";
  EXPECT_FALSE(tokens->create(ctx, info));  // no scope
  info.scopes = *parse_scopes("global:admin");
  info.expires_at = clock->now();
  EXPECT_FALSE(tokens->create(ctx, info));  // expired already
  info.expires_at.reset();
  info.description = std::string(501, 'x');
  EXPECT_FALSE(tokens->create(ctx, info));
}

}  // namespace
}  // namespace granary::auth
