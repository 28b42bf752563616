/// What a deleted source leaves: removed whatever happens between two slices.

#include "ingest/erase.h"

#include "blob/testing/blob_testing.h"
#include "db/testing/failing_database.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

using std::chrono::milliseconds;

class EraseTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    fill();
  }
  /// A mirror of several slices that holds a file.
  void fill() {
    ASSERT_TRUE(ingest->create_source(ctx, "pypi", model::SourceType::pypi, "", false));
    const auto stored = blob::put(*blobs, "held");
    ASSERT_TRUE(stored);
    ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      const auto id = TRY(view.find_source("pypi"))->id;
      auto& mirror = view.mirroring();
      const auto in = TRY(mirror.begin_sync(id, model::TxKind::sync, Time{}, "test", ""));
      std::vector<catalog::UpstreamName> names;
      for (int i = 0; i < 2'500; ++i) names.push_back({"p" + std::to_string(i), "P", i});
      TRY(mirror.put_names(id, names, in));
      return mirror.hold(id, {"file", stored->digest, 4, "", {}, {}});
    }));
  }
  bool rows_left() const { return ingest->has_deleted(ctx).value(); }
  std::size_t names_of_new_source() {
    std::size_t names = 0;
    EXPECT_TRUE(ingest->create_source(ctx, "pypi", model::SourceType::pypi, "", true));
    EXPECT_TRUE(catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      const auto source = TRY(view.find_source("pypi"));
      return view.mirrors().for_each_name(source->id, kNow, [&](const catalog::UpstreamName&) -> Result<> {
        ++names;
        return {};
      });
    }));
    return names;
  }
};

TEST_F(EraseTest, AKillBetweenAnyTwoSlicesIsMadeUpFor) {
  int failures = 0;
  for (std::int64_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    ASSERT_TRUE(ingest->delete_source(ctx, "pypi").value());
    EXPECT_EQ(names_of_new_source(), 0U);
    auto failing = std::make_shared<db::testing::FailingDatabase>(database);
    connect(failing, blobs);
    failing->fail_at(n);
    const auto erased = ingest->erase_deleted(ctx, {});
    connect(database, blobs);
    if (!failing->failed()) {
      EXPECT_TRUE(erased);
      EXPECT_FALSE(rows_left());
      break;
    }
    failures += erased ? 0 : 1;
    ASSERT_TRUE(ingest->erase_deleted(ctx, {}));
    EXPECT_FALSE(rows_left());
    ASSERT_TRUE(ingest->delete_source(ctx, "pypi"));  // the new one, which is small
    fill();
  }
  EXPECT_GE(failures, 7) << "one read, and at least two slices of three steps";
}

TEST_F(EraseTest, ACollectionErasesFirst) {
  ASSERT_TRUE(ingest->delete_source(ctx, "pypi").value());
  clock->advance(std::chrono::hours(2));
  const auto shown = ingest->collect(ctx, true, std::chrono::hours(1), {});
  EXPECT_EQ(shown->kept, 1U) << "a dry run changes nothing";
  EXPECT_TRUE(rows_left());
  EXPECT_EQ(ingest->collect(ctx, false, std::chrono::hours(1), {})->blobs, 1U);
  EXPECT_EQ(blobs->count(), 0U);
  EXPECT_FALSE(rows_left());
}

TEST_F(EraseTest, ACollectionLeavesWhatALiveSourceHasToo) {
  const Package package{"pkg", "held"};
  ASSERT_TRUE(catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto id = TRY(view.find_source("py"))->id;
    model::FileRecord file;
    file.source = id;
    file.filename = file.package = file.name = package.filename;
    file.blob = TRY(blob::put(*blobs, package.bytes)).digest;
    file.size = package.bytes.size();
    file.added_in = TRY(view.begin_transaction(id, model::TxKind::add, "me", ""));
    TRY(view.add_file(file));
    return {};
  }));
  ASSERT_TRUE(ingest->delete_source(ctx, "pypi").value());
  clock->advance(std::chrono::hours(2));
  EXPECT_EQ(ingest->collect(ctx, false, std::chrono::hours(1), {})->kept, 1U);
  EXPECT_TRUE(ingest->verify(ctx, {})->problems.empty());
}

TEST_F(EraseTest, ItStopsBetweenSlicesWhenItIsToldTo) {
  ASSERT_TRUE(ingest->delete_source(ctx, "pypi").value());
  std::stop_source stop;
  const Context stopped(ctx.log(), stop.get_token(), ctx.deadline());
  const auto got = ingest->erase_deleted(stopped, [&](std::uint64_t, std::uint64_t) { stop.request_stop(); });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::cancelled);
  EXPECT_TRUE(rows_left());
}

TEST(SliceSizes, FollowTheTimeThatOneTook) {
  const catalog::SliceSize size{.rows = 1'000, .bytes = 8 << 20};
  EXPECT_EQ(next_size(size, milliseconds(200)).rows, 500);
  EXPECT_EQ(next_size(size, milliseconds(100)).rows, 1'000);
  EXPECT_EQ(next_size(size, milliseconds(1)).rows, 2'000);
  EXPECT_EQ(next_size(size, milliseconds(1)).bytes, 16 << 20);
  auto least = size, most = size;
  for (int i = 0; i < 20; ++i) {
    least = next_size(least, std::chrono::seconds(9));
    most = next_size(most, milliseconds(0));
  }
  EXPECT_EQ(least.rows, 50);
  EXPECT_EQ(most.rows, 20'000);
}

}  // namespace
}  // namespace granary::ingest
