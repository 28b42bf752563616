#include "api/access_gate.h"

#include <gtest/gtest.h>

#include "view/testing/world.h"

namespace granary::api {
namespace {

using http::Access;

class AccessGateTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world.database->migrate(ctx, auth::migrations()));
    tokens = auth::make_tokens(world.database, world.clock);
    gate = make_access_gate(tokens, world.views);
    const auto source = world.source("team");
    world.repository("open", {source});
    closed = world.repository("closed", {source}, model::Ecosystem::r, true);
  }
  std::string token(std::string_view scopes) {
    auto made = tokens->create(ctx, {.id = {},
                                     .description = "CI",
                                     .user = {},
                                     .scopes = *auth::parse_scopes(scopes),
                                     .expires_at = {},
                                     .revoked_at = {}});
    EXPECT_TRUE(made);
    return made->secret;
  }
  static http::Request request(std::string_view parameter, std::string value, std::string secret = {}) {
    http::Request out;
    out.parameters.emplace_back(parameter, std::move(value));
    if (!secret.empty()) out.headers.push_back({"Authorization", "Bearer " + std::move(secret)});
    return out;
  }
  /// Errc::internal stands for "admitted": the gate never answers it.
  Errc ask(Access access, const http::Request& r) {
    const http::RouteSpec route{"x", http::Method::get, "/", access, ""};
    const auto done = gate(ctx, route, r);
    return done ? Errc::internal : done.error().code();
  }

  static constexpr Errc kAdmitted = Errc::internal;
  view::World world;
  Context ctx = test_context();
  std::shared_ptr<auth::Tokens> tokens;
  http::Gate gate;
  model::RepoId closed;
};

TEST_F(AccessGateTest, TheUnixSocketIsAdmittedEverywhere) {
  auto local = request("source", "team");
  local.local = true;
  for (const auto access : {Access::anonymous, Access::read, Access::publish, Access::admin})
    EXPECT_EQ(ask(access, local), kAdmitted);
  EXPECT_EQ(principal_of(ctx, *tokens, local)->description, "local");
}

TEST_F(AccessGateTest, ReadingAnOpenOrUnknownRepositoryNeedsNothing) {
  EXPECT_EQ(ask(Access::read, request("repo", "open")), kAdmitted);
  EXPECT_EQ(ask(Access::read, request("repo", "open", "stale")), kAdmitted);  // an old netrc does no harm
  EXPECT_EQ(ask(Access::read, request("repo", "nowhere")), kAdmitted);
}

TEST_F(AccessGateTest, ReadingAnAuthenticatedRepositoryNeedsATokenForIt) {
  EXPECT_EQ(ask(Access::read, request("repo", "closed")), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", "grn_wrong")), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", token("repos:read:open"))), Errc::permission_denied);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", token("sources:write"))), Errc::permission_denied);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", token("repos:read:closed"))), kAdmitted);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", token("repos:read"))), kAdmitted);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", token("global:admin"))), kAdmitted);
}

TEST_F(AccessGateTest, TheIdOfAnAuthenticatedRepositoryIsNoWayAround) {
  const auto id = std::to_string(closed.value);
  EXPECT_EQ(ask(Access::read, request("repo", id)), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::read, request("repo", id, token("repos:read:closed"))), kAdmitted);
}

TEST_F(AccessGateTest, PublishingNeedsATokenForTheSource) {
  EXPECT_EQ(ask(Access::publish, request("source", "team")), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::publish, request("source", "team", token("repos:read"))), Errc::permission_denied);
  EXPECT_EQ(ask(Access::publish, request("source", "team", token("sources:write:other"))),
            Errc::permission_denied);
  EXPECT_EQ(ask(Access::publish, request("source", "team", token("sources:write:team"))), kAdmitted);
}

TEST_F(AccessGateTest, AdministeringNeedsTheAdminScope) {
  EXPECT_EQ(ask(Access::admin, request("x", "")), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::admin, request("x", "", token("sources:write"))), Errc::permission_denied);
  EXPECT_EQ(ask(Access::admin, request("x", "", token("global:admin"))), kAdmitted);
}

TEST_F(AccessGateTest, TokensTurnedOffLeaveTheUnixSocketOnly) {
  const auto admin = token("global:admin");
  gate = make_access_gate(tokens, world.views, false);
  EXPECT_EQ(ask(Access::admin, request("x", "", admin)), Errc::unauthenticated);
  EXPECT_EQ(ask(Access::read, request("repo", "closed", admin)), Errc::unauthenticated);
}

TEST_F(AccessGateTest, AHandlerLearnsWhoCalls) {
  EXPECT_EQ(principal_of(ctx, *tokens, request("x", "", token("repos:read")))->description, "CI");
  const auto nobody = principal_of(ctx, *tokens, request("x", ""));
  ASSERT_TRUE(nobody);
  EXPECT_EQ(nobody->description, "anonymous");
  EXPECT_FALSE(nobody->may_read("closed"));
}

}  // namespace
}  // namespace granary::api
