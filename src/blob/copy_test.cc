#include "blob/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blob/memory_store.h"
#include "blob/testing/blob_testing.h"
#include "blob/testing/failing_store.h"

namespace granary::blob {
namespace {

class CopyBlobsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 100; ++i)
      digests.push_back(put(from, std::string(1000, 'x') + std::to_string(i))->digest);
  }
  MemoryStore from, to;
  std::vector<Digest> digests;
};

TEST_F(CopyBlobsTest, EveryBlobArrivesAndProgressEndsAtTheWhole) {
  std::uint64_t heard = 0, total = 0;
  const auto copied = copy_blobs(test_context(), from, to, [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, heard);
    heard = done;
    total = all;
  });
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->blobs, 100U);
  EXPECT_EQ(heard, total);
  EXPECT_EQ(total, copied->bytes);
  EXPECT_EQ(to.count(), 100U);
  for (const auto& digest : digests) EXPECT_EQ(*slurp(to, digest), *slurp(from, digest));
}

TEST_F(CopyBlobsTest, ASecondCallGoesOnWhereTheFirstFailed) {
  FailingStore failing(to, 50);
  ASSERT_FALSE(copy_blobs(test_context(), from, failing, {}));
  const auto there = to.count();
  EXPECT_LT(there, 100U);
  const auto copied = copy_blobs(test_context(), from, to, {});
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->already, there);
  EXPECT_EQ(to.count(), 100U);
}

TEST_F(CopyBlobsTest, DamagedBytesAreNotCopied) {
  from.damage(digests[7], "other bytes");
  const auto copied = copy_blobs(test_context(), from, to, {});
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code(), Errc::corrupt);
  EXPECT_FALSE(to.find(test_context(), digests[7])->has_value());
}

}  // namespace
}  // namespace granary::blob
