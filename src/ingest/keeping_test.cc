/// Collecting and verifying.

#include "base/hash.h"
#include "blob/testing/blob_testing.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

using std::chrono::hours;

class KeepingTest : public World {
 protected:
  Verified verify() { return ingest->verify(ctx, {}).value(); }
  Collected collect(bool dry_run = false) { return ingest->collect(ctx, dry_run, hours(1), {}).value(); }
};

TEST_F(KeepingTest, WhatWasPublishedVerifies) {
  const auto package = r_package("pkg", "1.0");
  ASSERT_TRUE(publish("r", package));
  std::uint64_t last = 0, all = 0;
  const auto got =
      ingest->verify(ctx, [&](std::uint64_t done, std::uint64_t total) { last = done, all = total; });
  EXPECT_EQ(got->files, 1U);
  EXPECT_EQ(got->blobs, 1U);
  EXPECT_EQ(got->bytes, package.bytes.size());
  EXPECT_TRUE(got->problems.empty());
  EXPECT_EQ(last, package.bytes.size());
  EXPECT_EQ(all, package.bytes.size());
}

TEST_F(KeepingTest, VerifyFindsMissingDamagedAndCutBytes) {
  const auto gone = publish("r", r_package("gone", "1.0"))->file;
  const auto changed = publish("r", r_package("changed", "1.0"))->file;
  const auto cut = publish("py", simple_wheel("cut", "1.0"))->file;
  ASSERT_TRUE(blobs->remove(ctx, gone.blob));
  blobs->damage(changed.blob, std::string(changed.size, 'x'));
  blobs->damage(cut.blob, "short");
  const auto got = verify();
  ASSERT_EQ(got.problems.size(), 4U);
  EXPECT_EQ(got.problems[0].what, "missing");
  EXPECT_EQ(got.problems[0].filename, "gone_1.0.tar.gz");
  EXPECT_EQ(got.problems[0].source, "r");
  EXPECT_EQ(got.problems[1].what, "size");
  EXPECT_EQ(got.problems[1].filename, "cut-1.0-py3-none-any.whl");
  EXPECT_EQ(got.problems[2].what, "damaged");
  EXPECT_EQ(got.problems[2].digest, changed.blob.hex());
  EXPECT_EQ(got.problems[3].what, "damaged");
}

TEST_F(KeepingTest, NamedBytesStayAlsoWhenTheFileIsGone) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  ASSERT_TRUE(ingest->remove(ctx, "r", {"pkg", "all"}, false, "me", ""));
  clock->advance(hours(2));
  const auto got = collect();
  EXPECT_EQ(got.blobs, 0U);
  EXPECT_EQ(got.kept, 1U);
  EXPECT_EQ(blobs->count(), 1U);
}

TEST_F(KeepingTest, UnnamedBytesGoAfterTheGracePeriod) {
  ASSERT_TRUE(blob::put(*blobs, "garbage"));
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  EXPECT_EQ(collect().young, 1U);
  EXPECT_EQ(blobs->count(), 2U);
  clock->advance(hours(2));
  EXPECT_EQ(collect(true).bytes, 7U);
  EXPECT_EQ(blobs->count(), 2U);
  EXPECT_EQ(collect().blobs, 1U);
  EXPECT_EQ(blobs->count(), 1U);
  EXPECT_TRUE(verify().problems.empty());
}

TEST_F(KeepingTest, ADeletedSourceFreesItsBytes) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  ASSERT_TRUE(ingest->delete_source(ctx, "r"));
  clock->advance(hours(2));
  EXPECT_EQ(collect().blobs, 1U);
  EXPECT_EQ(blobs->count(), 0U);
}

TEST_F(KeepingTest, PublishingAgainMakesOldGarbageYoung) {
  const auto package = r_package("pkg", "1.0");
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  clock->advance(hours(2));
  ASSERT_TRUE(publish("r", package));
  EXPECT_EQ(collect().blobs, 0U);
  EXPECT_TRUE(verify().problems.empty());
}

}  // namespace
}  // namespace granary::ingest
