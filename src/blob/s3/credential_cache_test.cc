#include "blob/s3/credential_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"

namespace granary::blob::s3 {
namespace {

using namespace std::chrono_literals;

/// Keys named after the count of questions, good for an hour.
class Counting final : public CredentialSource {
 public:
  explicit Counting(const Clock& clock) : clock_(clock) {}
  Result<Credentials> fetch(const Context&) override {
    ++asked;
    while (held) std::this_thread::yield();
    if (failing) return fail(Errc::unavailable, "no answer", "wait");
    return Credentials{"key" + std::to_string(asked), "secret", "token", clock_.now() + 1h};
  }
  const std::string& name() const noexcept override { return name_; }
  std::atomic<int> asked = 0;
  std::atomic<bool> held = false, failing = false;

 private:
  const Clock& clock_;
  const std::string name_ = "a test";
};

class CredentialCacheTest : public testing::Test {
 protected:
  std::string key() { return cache.get(ctx).value().access_key; }
  FakeClock clock;
  std::unique_ptr<Counting> owned = std::make_unique<Counting>(clock);
  Counting& source = *owned;
  CredentialCache cache{std::move(owned), clock};
  const Context ctx = test_context();
};

TEST_F(CredentialCacheTest, KeysAreAskedForOnceAndAgainFiveMinutesBeforeTheyExpire) {
  EXPECT_EQ(key(), "key1");
  clock.advance(54min);
  EXPECT_EQ(key(), "key1");
  clock.advance(2min);
  EXPECT_EQ(key(), "key2");
  EXPECT_EQ(key(), "key2");
}

TEST_F(CredentialCacheTest, OldKeysServeUntilTheirEndWhenNewOnesCannotBeHad) {
  EXPECT_EQ(key(), "key1");
  source.failing = true;
  clock.advance(56min);
  EXPECT_EQ(key(), "key1");
  EXPECT_EQ(key(), "key1");
  EXPECT_EQ(source.asked, 2) << "not at every request";
  clock.advance(1min);
  EXPECT_EQ(key(), "key1");
  EXPECT_EQ(source.asked, 3);
  clock.advance(4min);
  EXPECT_EQ(cache.get(ctx).error().message(), "no answer");
  source.failing = false;
  EXPECT_EQ(key(), "key5") << "as soon as there are some again";
}

TEST_F(CredentialCacheTest, AllWhoAskAtOnceAskOnce) {
  source.held = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(key(), "key1"); });
  while (source.asked == 0) std::this_thread::yield();
  source.held = false;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(source.asked, 1);
}

TEST_F(CredentialCacheTest, NobodyWaitsForARenewalWhileTheOldKeysHold) {
  EXPECT_EQ(key(), "key1");
  clock.advance(56min);
  source.held = true;
  std::thread renewing([&] { EXPECT_EQ(key(), "key2"); });
  while (source.asked == 1) std::this_thread::yield();
  EXPECT_EQ(key(), "key1");
  source.held = false;
  renewing.join();
}

TEST_F(CredentialCacheTest, AWaitEndsWithItsDeadline) {
  source.held = true;
  std::thread asking([&] { EXPECT_TRUE(cache.get(ctx)); });
  while (source.asked == 0) std::this_thread::yield();
  EXPECT_EQ(cache.get(ctx.with_timeout(1ms)).error().code(), Errc::deadline_exceeded);
  source.held = false;
  asking.join();
}

TEST_F(CredentialCacheTest, ARefusalRenewsAtMostEveryHalfMinute) {
  const auto first = cache.get(ctx).value();
  EXPECT_FALSE(cache.after_refusal(ctx, first));
  clock.advance(31s);
  EXPECT_EQ(cache.after_refusal(ctx, first)->access_key, "key2");
  EXPECT_EQ(cache.after_refusal(ctx, first)->access_key, "key2") << "others had asked already";
  EXPECT_EQ(source.asked, 2);
}

}  // namespace
}  // namespace granary::blob::s3
