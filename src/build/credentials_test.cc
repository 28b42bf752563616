#include "build/credentials.h"

#include "build/testing/world.h"

namespace granary::build {
namespace {

class CredentialsTest : public testing::TestWithParam<db::testing::Kind> {
 protected:
  World world{GetParam()};
  Context ctx = test_context();
  Credentials credentials{world.database, world.clock,
                          EncryptionKey::parse(EncryptionKey::generate()).value()};
  const std::string key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
};

TEST_P(CredentialsTest, ASecretIsSealedAndComesBackToGitAlone) {
  ASSERT_TRUE(credentials.create(ctx, {Transport::https, "team", "bot", "s3cret"}, false));
  ASSERT_TRUE(credentials.create(ctx, {Transport::ssh, "team", "", key, "phrase"}, false));
  EXPECT_EQ(credentials.get(ctx, Transport::https, "Team").value().secret, "s3cret");
  EXPECT_EQ(credentials.get(ctx, Transport::ssh, "team").value().passphrase, "phrase");
  const auto listed = credentials.list(ctx).value();
  for (const auto& one : listed) EXPECT_EQ(one.secret + one.passphrase, "");
  std::string stored;
  ASSERT_TRUE(world.database->read(ctx, [&](db::Session& session) {
    return session.query("SELECT username, secret, passphrase FROM git_credentials", {},
                         [&](const db::Row& row) -> Result<> {
                           for (int i = 0; i < 3; ++i) stored += row.text(i);
                           return {};
                         });
  }));
  for (const auto* secret : {"s3cret", "phrase", "AAAA"}) EXPECT_EQ(stored.find(secret), std::string::npos);
}

TEST_P(CredentialsTest, AnotherSecretTakesThePlaceAndTheUserStays) {
  ASSERT_TRUE(credentials.create(ctx, {Transport::https, "team", "bot", "old"}, false));
  EXPECT_EQ(credentials.create(ctx, {Transport::https, "TEAM", "x", "y"}, false).error().code(),
            Errc::conflict);
  EXPECT_TRUE(credentials.create(ctx, {Transport::https, "team", "x", "y"}, true));
  ASSERT_TRUE(credentials.change(ctx, {Transport::https, "team", "", "new"}));
  const auto now = credentials.get(ctx, Transport::https, "team").value();
  EXPECT_EQ(now.user + ":" + now.secret, "bot:new");
  ASSERT_TRUE(credentials.create(ctx, {Transport::ssh, "key", "", key, "phrase"}, false));
  ASSERT_TRUE(credentials.change(ctx, {Transport::ssh, "key", "", key}));
  EXPECT_EQ(credentials.get(ctx, Transport::ssh, "key").value().passphrase, "") << "a new key has its own";
  EXPECT_EQ(credentials.change(ctx, {Transport::https, "none", "", "new"}).error().code(), Errc::not_found);
}

TEST_P(CredentialsTest, WhatAnotherKeyHasSealedIsNamedUntilItIsGivenAgain) {
  ASSERT_TRUE(credentials.create(ctx, {Transport::https, "team", "bot", "s3cret"}, false));
  ASSERT_TRUE(credentials.create(ctx, {Transport::ssh, "team", "", key, "phrase"}, false));
  EXPECT_TRUE(credentials.unopened(ctx).value().empty());
  Credentials another{world.database, world.clock, EncryptionKey::parse(EncryptionKey::generate()).value()};
  EXPECT_EQ(Credentials(world.database, world.clock, std::nullopt).unopened(ctx).value().size(), 2u);
  ASSERT_EQ(another.unopened(ctx).value().size(), 2u);
  ASSERT_TRUE(another.change(ctx, {Transport::https, "team", "", "s3cret"}));
  const auto left = another.unopened(ctx).value();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].kind, Transport::ssh);
  EXPECT_EQ(left[0].secret + left[0].passphrase, "");
}

TEST_P(CredentialsTest, WithAnotherSecretABuilderThatWasRefusedIsLookedAtSoon) {
  ASSERT_TRUE(credentials.create(ctx, {Transport::https, "Team", "bot", "old"}, false));
  Builders builders(world.database, world.clock, 0);
  auto wanted = world.wanted("pkg", "https://git.example.com/pkg.git");
  wanted.credential = "team";
  const auto builder = builders.create(ctx, wanted).value().builder;
  ASSERT_TRUE(builders.pause(ctx, builder, std::chrono::minutes(5)));
  world.clock->advance(std::chrono::minutes(6));
  EXPECT_FALSE(builders.is_due(ctx, std::chrono::minutes(5)).value());
  ASSERT_TRUE(credentials.change(ctx, {Transport::https, "Team", "", "new"}));
  EXPECT_TRUE(builders.is_due(ctx, std::chrono::minutes(5)).value());
}

TEST_P(CredentialsTest, OneThatABuilderUsesStays) {
  ASSERT_TRUE(credentials.create(ctx, {Transport::https, "team", "bot", "s"}, false));
  Builders builders(world.database, world.clock, 0);
  auto wanted = world.wanted("pkg", "https://git.example.com/pkg.git");
  wanted.credential = "team";
  ASSERT_TRUE(builders.create(ctx, wanted));
  EXPECT_EQ(credentials.remove(ctx, Transport::https, "team").error().code(), Errc::conflict);
  ASSERT_TRUE(builders.remove(ctx, world.source, "pkg"));
  EXPECT_TRUE(credentials.remove(ctx, Transport::https, "team"));
  EXPECT_EQ(credentials.get(ctx, Transport::https, "team").error().code(), Errc::not_found);
}

TEST_P(CredentialsTest, WithoutAKeyNothingIsKeptAndBadOnesAreRefused) {
  Credentials keyless(world.database, world.clock, std::nullopt);
  EXPECT_EQ(keyless.create(ctx, {Transport::https, "a", "b", "c"}, false).error().code(), Errc::unsupported);
  for (const Credential& bad : {Credential{Transport::https, "a b", "u", "s"},
                                {Transport::https, "a", "u", "s\nt"},
                                {Transport::https, "a", "u", ""},
                                {Transport::ssh, "a", "", "ssh-ed25519 AAAA"},
                                {Transport::file, "a", "", "s"}})
    EXPECT_EQ(credentials.create(ctx, bad, false).error().code(), Errc::invalid_argument) << bad.name;
}

INSTANTIATE_TEST_SUITE_P(Every, CredentialsTest, testing::ValuesIn(db::testing::kEveryKind),
                         db::testing::name_of_parameter);

}  // namespace
}  // namespace granary::build
