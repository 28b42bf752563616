#include "blob/disk_cache.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <future>
#include <set>

#include "base/testing/missing.h"
#include "blob/layout.h"
#include "blob/testing/blob_testing.h"

namespace granary::blob {
namespace {

namespace fs = std::filesystem;

class DiskCacheTest : public testing::Test {
 protected:
  static Digest digest_of(const std::string& bytes) { return sha256(as_bytes(bytes)); }
  /// A remote store that has `bytes`, in two pieces.
  DiskCache::Fetch fetch(std::string bytes) {
    return [this, bytes = std::move(bytes)](const Context&, const auto& begin, const auto& sink) -> Result<> {
      ++fetched;
      TRY(begin(bytes.size()));
      TRY(sink(as_bytes(std::string_view(bytes).substr(0, bytes.size() / 2))));
      return sink(as_bytes(std::string_view(bytes).substr(bytes.size() / 2)));
    };
  }
  Result<std::string> get(const std::string& bytes) {
    const auto servable = TRY(cache->get(ctx, digest_of(bytes), bytes.size(), fetch(bytes)));
    return slurp(servable);
  }
  void reopen(std::uint64_t limit) { cache = DiskCache::open(folder.path(), limit, Logger()).value(); }
  bool has(const std::string& bytes) const {
    return fs::exists(folder.path() + "/" + layout::object(digest_of(bytes)));
  }

  const Context ctx = test_context();
  TemporaryFolder folder;
  std::atomic<int> fetched{0};
  std::atomic<std::uint64_t> cache_bytes{0};
  std::unique_ptr<DiskCache> cache = DiskCache::open(folder.path(), 1 << 20, Logger()).value();
};

TEST_F(DiskCacheTest, LeavesATenthOfASmallDiskFree) {
  const auto disk = [this](const std::string&) { return DiskCache::Disk{1000 - cache_bytes, 1000}; };
  cache.reset();
  cache = DiskCache::open(folder.path(), 1 << 20, Logger(), disk).value();
  for (const char c : std::string("abcdefghijkl")) {
    ASSERT_TRUE(get(std::string(100, c)));
    cache_bytes = cache->bytes();
    EXPECT_LE(cache->bytes(), 900u);
  }
  EXPECT_TRUE(has(std::string(100, 'l')));
  EXPECT_FALSE(has(std::string(100, 'a')));
}

TEST_F(DiskCacheTest, WhatFindsNoRoomOnTheDiskPassesThroughMemory) {
  cache.reset();
  if (::mount("granary", folder.path().c_str(), "tmpfs", 0, "size=128k") != 0)
    return missing("a small tmpfs can be mounted by root only");
  const std::unique_ptr<void, std::function<void(void*)>> unmount(this, [this](void*) {
    cache.reset();
    EXPECT_EQ(::umount2(folder.path().c_str(), MNT_DETACH), 0);
  });
  reopen(1 << 20);
  const std::string large(200'000, 'x'), small(1'000, 'y');
  for (int i = 1; i <= 400; ++i) {  // more than is held in memory at a time
    ASSERT_EQ(get(large).value(), large);
    ASSERT_EQ(fetched, i) << "it is not kept";
  }
  EXPECT_FALSE(has(large));
  EXPECT_EQ(get(small).value(), small);
  EXPECT_TRUE(has(small));
  EXPECT_EQ(get(std::string(65 << 20, 'z')).error().code(), Errc::unavailable);
}

TEST_F(DiskCacheTest, FetchesOnceThenServesFromTheFile) {
  EXPECT_EQ(get("hello").value(), "hello");
  EXPECT_EQ(get("hello").value(), "hello");
  EXPECT_EQ(fetched, 1);
  EXPECT_EQ(cache->bytes(), 5u);
  cache.reset();
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST_F(DiskCacheTest, OneDownloadServesAllWhoAskAtOnce) {
  const std::string bytes(700'000, 'x');
  std::promise<void> go;
  const auto wait = go.get_future().share();
  const DiskCache::Fetch slow = [&](const Context&, const auto& begin, const auto& sink) -> Result<> {
    ++fetched;
    TRY(begin(bytes.size()));
    TRY(sink(as_bytes(std::string_view(bytes).substr(0, 300'000))));
    TRY(sink(as_bytes(std::string_view(bytes).substr(300'000, 300'000))));
    wait.wait();
    return sink(as_bytes(std::string_view(bytes).substr(600'000)));
  };
  std::set<std::shared_ptr<GrowingFile>> files;
  for (int i = 0; i < 5; ++i)
    files.insert(std::get<1>(cache->get(ctx, digest_of(bytes), bytes.size(), slow).value()));
  ASSERT_EQ(files.size(), 1u);
  const auto& file = *files.begin();
  while (file->state().size == 0) std::this_thread::yield();
  EXPECT_FALSE(file->state().finished) << "its first bytes are there while the rest still comes";
  go.set_value();
  EXPECT_TRUE(slurp(Servable(file)).value() == bytes);
  EXPECT_EQ(fetched, 1);
}

TEST_F(DiskCacheTest, ManyThreadsAndBlobsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(get("blob " + std::to_string(i)).value(), "blob " + std::to_string(i));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fetched, 20);
}

TEST_F(DiskCacheTest, AnAbsentBlobIsNotFoundBeforeAnythingIsHandedOut) {
  const auto none = [](const Context&, const auto&, const auto&) -> Result<> {
    return fail(Errc::not_found, "none");
  };
  EXPECT_EQ(cache->get(ctx, digest_of("a"), 1, none).error().code(), Errc::not_found);
  EXPECT_EQ(get("a").value(), "a") << "and may come later";
}

TEST_F(DiskCacheTest, WrongBytesAreAbandonedAndNeverComplete) {
  const std::string wanted(400'000, 'x');
  std::string wrong = wanted;
  wrong.back() = '!';
  std::promise<void> handed_out;  // otherwise it may fail before that, and nobody gets a file
  const auto in_time = [&](const Context& context, const auto& begin, const auto& sink) -> Result<> {
    const auto begin_and_wait = [&](std::uint64_t size) -> Result<> {
      TRY(begin(size));
      handed_out.get_future().wait();
      return {};
    };
    return fetch(wrong)(context, begin_and_wait, sink);
  };
  const auto file = std::get<1>(cache->get(ctx, digest_of(wanted), wanted.size(), in_time).value());
  handed_out.set_value();
  EXPECT_EQ(slurp(Servable(file)).error().code(), Errc::corrupt);
  EXPECT_LT(file->state().size, wanted.size()) << "the last bytes must not be shown";
  EXPECT_FALSE(has(wanted));
  EXPECT_EQ(get(wanted).value(), wanted);
}

TEST_F(DiskCacheTest, WrongBytesOfASmallBlobAreAnError) {
  EXPECT_EQ(cache->get(ctx, digest_of("abc"), 3, fetch("abd")).error().code(), Errc::corrupt);
  EXPECT_EQ(cache->get(ctx, digest_of("abc"), 3, fetch("abcd")).error().code(), Errc::corrupt);
  EXPECT_EQ(cache->bytes(), 0u);
}

TEST_F(DiskCacheTest, ADownloadThatFailsHalfWayIsAbandoned) {
  const std::string bytes(500'000, 'x');
  std::promise<void> handed_out;
  const auto half = [&](const Context&, const auto& begin, const auto& sink) -> Result<> {
    TRY(begin(bytes.size()));
    handed_out.get_future().wait();
    TRY(sink(as_bytes(std::string_view(bytes).substr(0, 300'000))));
    return fail(Errc::unavailable, "gone");
  };
  const auto servable = cache->get(ctx, digest_of(bytes), bytes.size(), half).value();
  handed_out.set_value();
  EXPECT_EQ(slurp(servable).error().code(), Errc::unavailable);
  EXPECT_EQ(get(bytes).value(), bytes);
}

TEST_F(DiskCacheTest, WhatWasNotUsedForTheLongestTimeGoesFirst) {
  reopen(30);
  for (const char* bytes : {"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"}) ASSERT_TRUE(get(bytes));
  ASSERT_TRUE(get("aaaaaaaaaa"));
  ASSERT_TRUE(get("dddddddddd"));
  EXPECT_TRUE(has("aaaaaaaaaa"));
  EXPECT_FALSE(has("bbbbbbbbbb"));
  EXPECT_TRUE(has("dddddddddd"));
  EXPECT_EQ(cache->bytes(), 30u);
}

TEST_F(DiskCacheTest, ABlobLargerThanTheCacheIsServedAndNotKept) {
  reopen(10);
  ASSERT_TRUE(get("small"));
  const std::string large(300'000, 'x');
  EXPECT_EQ(get(large).value(), large);
  EXPECT_FALSE(has(large));
  EXPECT_TRUE(has("small"));
}

TEST_F(DiskCacheTest, ARestartKeepsTheFilesAndTheirOrder) {
  for (const char* bytes : {"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"}) ASSERT_TRUE(get(bytes));
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(folder.path() + "/" + layout::object(digest_of("aaaaaaaaaa")), now);
  fs::last_write_time(folder.path() + "/" + layout::object(digest_of("bbbbbbbbbb")),
                      now - std::chrono::hours(2));
  fs::last_write_time(folder.path() + "/" + layout::object(digest_of("cccccccccc")),
                      now - std::chrono::hours(1));
  reopen(20);
  EXPECT_TRUE(has("aaaaaaaaaa"));
  EXPECT_FALSE(has("bbbbbbbbbb"));
  EXPECT_TRUE(has("cccccccccc"));
  EXPECT_EQ(get("aaaaaaaaaa").value(), "aaaaaaaaaa");
  EXPECT_EQ(fetched, 3);
}

TEST_F(DiskCacheTest, FilesThatWereDeletedOrDamagedAreFetchedAgain) {
  ASSERT_TRUE(get("hello"));
  fs::remove_all(folder.path());
  EXPECT_EQ(get("hello").value(), "hello");
  EXPECT_EQ(fetched, 2);
  fs::resize_file(folder.path() + "/" + layout::object(digest_of("hello")), 2);
  EXPECT_EQ(get("hello").value(), "hello");
  EXPECT_EQ(fetched, 3);
}

TEST_F(DiskCacheTest, AFolderDeletedDuringADownloadDoesNotHurtIt) {
  const std::string bytes(600'000, 'x');
  const auto servable = cache->get(ctx, digest_of(bytes), bytes.size(),
                                   [&](const Context& own, const auto& begin, const auto& sink) -> Result<> {
                                     fs::remove_all(folder.path());
                                     return fetch(bytes)(own, begin, sink);
                                   });
  EXPECT_TRUE(slurp(servable.value()).value() == bytes);
}

TEST_F(DiskCacheTest, WaitingEndsWithTheCallersContext) {
  std::promise<void> go;
  const auto wait = go.get_future().share();
  const auto stuck = [wait](const Context&, const auto&, const auto&) -> Result<> {
    wait.wait();
    return fail(Errc::unavailable, "never");
  };
  const auto short_ctx = ctx.with_timeout(std::chrono::milliseconds(20));
  EXPECT_EQ(cache->get(short_ctx, digest_of("a"), 1, stuck).error().code(), Errc::unavailable);
  go.set_value();
}

TEST_F(DiskCacheTest, ClosingEndsDownloadsInProgress) {
  const auto endless = [](const Context& own, const auto& begin, const auto&) -> Result<> {
    TRY(begin(1 << 20));
    for (;;) {
      TRY(own.check());
      std::this_thread::yield();
    }
  };
  const auto file = std::get<1>(cache->get(ctx, digest_of("a"), 1 << 20, endless).value());
  cache.reset();
  ASSERT_TRUE(file->state().error);
  EXPECT_EQ(file->state().error->code(), Errc::cancelled);
}

}  // namespace
}  // namespace granary::blob
