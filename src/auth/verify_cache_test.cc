#include "auth/verify_cache.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"

namespace granary::auth {
namespace {

using namespace std::chrono_literals;

class VerifyCacheTest : public testing::Test {
 protected:
  Verdict get(const Digest& secret, bool good = true) {
    const auto verdict = cache.get(test_context(), secret, [&]() -> Result<Verdict> {
      ++asked;
      return good ? Verdict{Principal{"p", "id", {}}, {}} : Verdict{};
    });
    EXPECT_TRUE(verdict);
    return *verdict;
  }
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  VerifyCache cache{clock};
  Digest one = sha256(as_bytes("1"));
  int asked = 0;
};

TEST_F(VerifyCacheTest, AGoodSecretIsAskedAgainAfterTenSecondsAndABadOneAfterTwo) {
  get(one);
  clock->advance(9s);
  get(one);
  EXPECT_EQ(asked, 1);
  clock->advance(2s);
  EXPECT_FALSE(get(one, false).principal);
  clock->advance(1s);
  get(one);
  EXPECT_EQ(asked, 2);
  clock->advance(1s);
  get(one);
  EXPECT_EQ(asked, 3);
}

TEST_F(VerifyCacheTest, AClockSetBackDoesNotKeepAnAnswerAlive) {
  get(one);
  clock->advance(-1h);
  get(one);
  EXPECT_EQ(asked, 2);
}

TEST_F(VerifyCacheTest, AnAnswerFromBeforeClearIsNotRemembered) {
  // Given a question during which everything is forgotten
  const auto verdict = cache.get(test_context(), one, [&]() -> Result<Verdict> {
    cache.clear();
    return Verdict{Principal{"p", "id", {}}, {}};
  });
  ASSERT_TRUE(verdict);
  // Then the next caller asks again
  get(one);
  EXPECT_EQ(asked, 1);
}

TEST_F(VerifyCacheTest, AFailureIsNotRemembered) {
  const auto failed = cache.get(test_context(), one, []() -> Result<Verdict> {
    return fail(Errc::unavailable, "the database is gone");
  });
  EXPECT_FALSE(failed);
  get(one);
  EXPECT_EQ(asked, 1);
}

TEST_F(VerifyCacheTest, WhileTheDatabaseIsAwayWhatWasGoodIsGoodAndNothingElse) {
  const auto away = [&](const Digest& secret) {
    return cache.get(test_context(), secret,
                     []() -> Result<Verdict> { return fail(Errc::unavailable, "the database is gone"); });
  };
  const auto bad = sha256(as_bytes("bad"));
  get(one);
  get(bad, false);
  clock->advance(24h);
  EXPECT_TRUE(away(one).value().principal);
  EXPECT_FALSE(away(bad)) << "it may be good by now";
  EXPECT_FALSE(away(sha256(as_bytes("new"))));
  cache.doubt();
  EXPECT_TRUE(away(one).value().principal) << "messages were lost";
  asked = 0;
  get(one, false);
  EXPECT_EQ(asked, 1) << "and it is asked again as soon as it can be";
  clock->advance(3s);
  EXPECT_FALSE(away(one)) << "it was revoked";
  get(one);
  cache.clear();
  EXPECT_FALSE(away(one)) << "some token was revoked";
}

TEST_F(VerifyCacheTest, ManySecretsDoNotGrowItWithoutBound) {
  for (int i = 0; i < 10'500; ++i) get(sha256(as_bytes(std::to_string(i))), false);
  asked = 0;
  get(sha256(as_bytes("0")));
  EXPECT_EQ(asked, 1);  // it was dropped
}

}  // namespace
}  // namespace granary::auth
