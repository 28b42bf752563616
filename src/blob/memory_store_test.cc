#include "blob/memory_store.h"

#include "base/testing/fake_clock.h"
#include "blob/testing/blob_store_suite.h"
#include "blob/testing/failing_store.h"

namespace granary::blob {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreSuite, made_by([] { return std::make_shared<MemoryStore>(); }));

INSTANTIATE_TEST_SUITE_P(MemoryWithDirectUrls, BlobStoreSuite, made_by([] {
                           auto store = std::make_shared<MemoryStore>();
                           store->allow_direct_urls();
                           return store;
                         }));

TEST(MemoryStore, ContentStoredAgainCountsAsStoredNow) {
  FakeClock clock;
  MemoryStore store(&clock);
  const auto first = put(store, "a").value();
  clock.advance(std::chrono::hours(30));
  EXPECT_EQ(put(store, "a").value().stored_at, first.stored_at + std::chrono::hours(30));
  EXPECT_EQ(store.find(test_context(), first.digest).value()->stored_at,
            first.stored_at + std::chrono::hours(30));
}

TEST(FailingStore, FailsAtTheCallThatItWasTold) {
  MemoryStore inner;
  for (int n = 1; n <= 3; ++n) {
    FailingStore store(inner, n);
    EXPECT_EQ(put(store, "a").error().code(), Errc::unavailable) << n;
    EXPECT_EQ(inner.count(), 0u);
  }
  FailingStore store(inner, 4);
  EXPECT_TRUE(put(store, "a"));
  EXPECT_EQ(store.calls(), 3);
}

TEST(FailingStore, CanFailAfterTheEffect) {
  MemoryStore inner;
  FailingStore store(inner, 3, true);
  EXPECT_EQ(put(store, "a").error().code(), Errc::unavailable);
  EXPECT_EQ(inner.count(), 1u);
}

}  // namespace
}  // namespace granary::blob
