/// The collector and an upload of the same bytes by another node, in every order of their steps.

#include <future>

#include "base/hash.h"
#include "blob/testing/blob_testing.h"
#include "blob/testing/failing_store.h"
#include "blob/testing/watched_store.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class CollectTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    collector = make_ingest(catalog, seen_by_collector, clock, std::chrono::milliseconds(30));
    uploader = make_ingest(catalog, seen_by_uploader, clock);
    std::swap(ingest, uploader);  // publish() is the uploader's
  }
  /// With no grace at all: an operator may ask for that.
  Result<Collected> collect() {
    clock->advance(std::chrono::seconds(1));
    return collector->collect(ctx, false, std::chrono::seconds(0), {});
  }
  void expect_whole(std::size_t files) {
    const auto report = ingest->verify(ctx, {}).value();
    EXPECT_EQ(report.files, files);
    for (const auto& problem : report.problems) ADD_FAILURE() << problem.what << ": " << problem.filename;
  }

  const Package package = r_package("pkg", "1.0");
  const Digest digest = sha256(as_bytes(package.bytes));
  std::shared_ptr<blob::WatchedStore> seen_by_collector = std::make_shared<blob::WatchedStore>(*blobs);
  std::shared_ptr<blob::WatchedStore> seen_by_uploader = std::make_shared<blob::WatchedStore>(*blobs);
  std::unique_ptr<Ingest> collector, uploader;
};

TEST_F(CollectTest, AWholeCollectionBetweenTheBytesAndTheirRow) {
  seen_by_uploader->stored = [&] { EXPECT_EQ(collect()->blobs, 1U); };
  ASSERT_TRUE(publish("r", package));
  expect_whole(1);
  EXPECT_EQ(collect()->kept, 1U);
}

TEST_F(CollectTest, TwoCollectionsWhileAnUploadStoresTwice) {
  seen_by_uploader->stored = [&] {
    EXPECT_EQ(collect()->blobs, 1U);
    seen_by_uploader->stored = [&] { EXPECT_EQ(collect()->blobs, 1U); };
  };
  ASSERT_TRUE(publish("r", package));
  expect_whole(1);
}

TEST_F(CollectTest, OldGarbageThatAnUploadFindsAgainWhileItIsRemoved) {
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  std::future<Result<Published>> published;
  seen_by_collector->removing = [&] {  // marked, not yet gone
    std::promise<void> stored;
    seen_by_uploader->stored = [&] { stored.set_value(); };
    published = std::async(std::launch::async, [&] { return publish("r", package); });
    stored.get_future().wait();
    EXPECT_EQ(published.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  };
  EXPECT_EQ(collect()->blobs, 1U);
  ASSERT_TRUE(published.get());
  expect_whole(1);
  EXPECT_EQ(collect()->kept, 1U);
}

TEST_F(CollectTest, AnUploadThatEndsBeforeTheMarkKeepsItsBytes) {
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  ASSERT_TRUE(blob::put(*blobs, "other garbage"));
  std::vector<blob::BlobInfo> listed;
  seen_by_collector->found = [&] { ASSERT_TRUE(publish("r", r_package("late", "1.0"))); };
  EXPECT_EQ(collect()->blobs, 2U);
  expect_whole(1);
}

TEST_F(CollectTest, AnotherUploadOfTheSameBytesDoesNotVouchForThose) {
  // Two nodes store the same bytes, both before they are removed; one of them stores them again.
  const auto second = make_ingest(catalog, seen_by_collector, clock);
  seen_by_uploader->stored = [&] {
    EXPECT_EQ(collect()->blobs, 1U);
    const MemorySource bytes(package.bytes);
    Upload upload;
    upload.filename = package.filename;
    upload.bytes = &bytes;
    EXPECT_TRUE(
        second->publish(ctx, "r", upload, {.replace = false, .dry_run = false, .actor = "b", .comment = ""}));
    EXPECT_TRUE(second->delete_source(ctx, "r"));
    EXPECT_EQ(collect()->blobs, 1U);
    EXPECT_TRUE(second->create_source(ctx, "r", model::SourceType::local, "", false));
  };
  (void)publish("r", package);  // its source is another one now: what it says does not matter
  expect_whole(files("r", "pkg").size());
}

TEST_F(CollectTest, ARemovalOfWhichNobodyKnowsTheEndHoldsUpAnUploadForAWhileOnly) {
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  catalog::Removing removing;
  ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    removing = TRY(view.begin_removal(std::vector{digest}));
    return {};
  }));
  ASSERT_EQ(removing.blobs.size(), 1U);
  const auto after = catalog::await_removal(*catalog, ctx, digest, std::chrono::milliseconds(100));
  EXPECT_EQ(after.value(), removing.number);
  EXPECT_EQ(collect()->blobs, 1U);
  ASSERT_TRUE(publish("r", package));
  expect_whole(1);
}

TEST_F(CollectTest, WhileANodeWorksThatHeedsNoMarksNothingIsRemoved) {
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  bool older = true;
  const auto careful =
      make_ingest(catalog, blobs, clock, std::chrono::milliseconds(30), [&] { return older; });
  clock->advance(std::chrono::seconds(1));
  EXPECT_EQ(careful->collect(ctx, true, std::chrono::seconds(0), {}).value().blobs, 1U)
      << "a dry run harms nobody";
  const auto refused = careful->collect(ctx, false, std::chrono::seconds(0), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unavailable);
  older = false;
  EXPECT_EQ(careful->collect(ctx, false, std::chrono::seconds(0), {}).value().blobs, 1U);
}

TEST_F(CollectTest, AStoreThatDoesNotAnswerEndsTheCollectionAndLosesNothing) {
  ASSERT_TRUE(publish("r", r_package("kept", "1.0")));
  ASSERT_TRUE(blob::put(*blobs, package.bytes));
  blob::FailingStore failing(*blobs);
  const auto unlucky = make_ingest(catalog, std::shared_ptr<blob::BlobStore>(&failing, [](auto*) {}), clock,
                                   std::chrono::milliseconds(30));
  clock->advance(std::chrono::seconds(1));
  for (int call = 1; call <= 3; ++call) {  // list, find, remove
    failing.fail_at(call);
    EXPECT_FALSE(unlucky->collect(ctx, false, std::chrono::seconds(0), {})) << call;
  }
  expect_whole(1);
}

}  // namespace
}  // namespace granary::ingest
