#include "blob/testing/blob_store_suite.h"

#include <thread>
#include <vector>

#include "base/testing/missing.h"
#include "blob/memory_store.h"
#include "net/http_client.h"

namespace granary::blob {

testing::internal::ParamGenerator<MakeStore> made_by(MakeStore make) {
  return testing::Values(std::move(make));
}

void BlobStoreSuite::SetUp() {
  store = GetParam()();
  if (!store) return missing("no server for this store");
}

std::set<Digest> BlobStoreSuite::all() {
  std::set<Digest> out;
  EXPECT_TRUE(store->for_each(ctx, [&](const BlobInfo& info) -> Result<> {
    EXPECT_TRUE(out.insert(info.digest).second) << "the same blob twice";
    return {};
  }));
  return out;
}

TEST_P(BlobStoreSuite, ReadsBackWhatWasCommitted) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(2);
  const auto info = put(*store, "hello").value();
  EXPECT_EQ(info.digest, sha256(as_bytes("hello")));
  EXPECT_EQ(info.size, 5u);
  EXPECT_GT(info.stored_at, before);
  EXPECT_EQ(slurp(*store, info.digest).value(), "hello");
  const auto found = store->find(ctx, info.digest).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, info.digest);
  EXPECT_EQ(found->size, 5u);
  EXPECT_GT(found->stored_at, before);
}

TEST_P(BlobStoreSuite, WritesInManyPartsAreOneBlob) {
  const auto writer = store->create(ctx).value();
  std::string whole;
  for (int i = 0; i < 500; ++i) {
    const std::string part(static_cast<std::size_t>(i) * 7, static_cast<char>('a' + i % 26));
    whole += part;
    ASSERT_TRUE(writer->write(as_bytes(part)));
  }
  const auto info = writer->commit(sha256(as_bytes(whole))).value();
  EXPECT_EQ(info.size, whole.size());
  EXPECT_TRUE(slurp(*store, info.digest).value() == whole);
}

TEST_P(BlobStoreSuite, AnEmptyBlobIsABlob) {
  const auto info = put(*store, "").value();
  EXPECT_EQ(info.size, 0u);
  EXPECT_EQ(slurp(*store, info.digest).value(), "");
  EXPECT_EQ(slurp(store->serve(ctx, info.digest, 0).value()).value(), "");
}

TEST_P(BlobStoreSuite, UncommittedBytesAreInvisible) {
  {
    const auto writer = store->create(ctx).value();
    ASSERT_TRUE(writer->write(as_bytes("half")));
    EXPECT_FALSE(store->find(ctx, sha256(as_bytes("half"))).value());
    EXPECT_TRUE(all().empty());
  }
  EXPECT_FALSE(store->find(ctx, sha256(as_bytes("half"))).value());
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreSuite, RefusesBytesThatDoNotMatchTheirDigest) {
  const auto stored = put(*store, "these", absent);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), Errc::corrupt);
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreSuite, WhatIsAbsentIsNotFound) {
  EXPECT_FALSE(store->find(ctx, absent).value());
  EXPECT_EQ(store->open(ctx, absent).error().code(), Errc::not_found);
  EXPECT_EQ(store->serve(ctx, absent, 5).error().code(), Errc::not_found);
}

TEST_P(BlobStoreSuite, RemovingWhatIsAbsentSucceeds) { EXPECT_TRUE(store->remove(ctx, absent)); }

TEST_P(BlobStoreSuite, WhatIsRemovedIsGone) {
  const auto info = put(*store, "hello").value();
  ASSERT_TRUE(store->serve(ctx, info.digest, 5));
  ASSERT_TRUE(store->remove(ctx, info.digest));
  EXPECT_FALSE(store->find(ctx, info.digest).value());
  EXPECT_EQ(store->open(ctx, info.digest).error().code(), Errc::not_found);
  EXPECT_EQ(store->serve(ctx, info.digest, 5).error().code(), Errc::not_found);
  EXPECT_TRUE(all().empty());
  ASSERT_TRUE(put(*store, "hello"));
  EXPECT_EQ(slurp(*store, info.digest).value(), "hello");
}

TEST_P(BlobStoreSuite, StoringContentTwiceStoresItOnce) {
  const auto first = put(*store, "hello").value();
  const auto second = put(*store, "hello", first.digest).value();
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_GE(second.stored_at, first.stored_at);
  EXPECT_EQ(all().size(), 1u);
}

TEST_P(BlobStoreSuite, ManyWritersOfTheSameAndOtherContentAllSucceed) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(put(*store, "shared " + std::to_string(i)));
        EXPECT_TRUE(put(*store, "own " + std::to_string(t) + " " + std::to_string(i)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(all().size(), 45u);
  for (int i = 0; i < 5; ++i) {
    const std::string text = "shared " + std::to_string(i);
    EXPECT_EQ(slurp(*store, sha256(as_bytes(text))).value(), text);
  }
}

TEST_P(BlobStoreSuite, ServesTheWholeContentToManyAtOnce) {
  const std::string bytes(300'000, 'x');
  const auto info = put(*store, bytes).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      auto servable = store->serve(ctx, info.digest, info.size);
      ASSERT_TRUE(servable);
      EXPECT_TRUE(slurp(*servable).value() == bytes);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_P(BlobStoreSuite, ServingAnotherSizeThanIsStoredIsCorrupt) {
  const auto info = put(*store, "hello").value();
  EXPECT_EQ(store->serve(ctx, info.digest, 6).error().code(), Errc::corrupt);
  EXPECT_EQ(slurp(store->serve(ctx, info.digest, 5).value()).value(), "hello");
}

namespace {

/// As any client of packages would, without credentials.
Result<std::string> fetch(const BlobStore& store, const std::string& url, net::Response* answer = nullptr) {
  if (const auto* twin = dynamic_cast<const MemoryStore*>(&store)) return twin->get(url);
  net::HttpClient client({});
  auto response = TRY(client.request(test_context(), {.url = url}));
  if (answer != nullptr) *answer = response;
  if (!response.ok()) return fail(Errc::unavailable, std::to_string(response.status) + " " + response.body);
  return std::move(response.body);
}

}  // namespace

TEST_P(BlobStoreSuite, WhoeverIsSentToTheStoreGetsTheBytesThere) {
  const auto info = put(*store, "hello").value();
  const Presentation as{"pkg_1.0.tar.gz", "application/gzip"};
  const auto url = store->presign(ctx, info.digest, as).value();
  if (!url) return;  // nobody is sent to this one
  EXPECT_GE(url->valid, std::chrono::seconds(60));
  net::Response answer;
  EXPECT_EQ(fetch(*store, url->url, &answer).value(), "hello");
  if (answer.status != 0) {
    EXPECT_EQ(answer.header("content-type"), as.content_type);
    EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"pkg_1.0.tar.gz\"");
  }
  const auto lost = store->presign(ctx, absent, as);
  ASSERT_TRUE(lost && *lost) << "it is not looked whether it is there";
  EXPECT_FALSE(fetch(*store, (*lost)->url));
}

TEST_P(BlobStoreSuite, WalksOverAllContentUntilToldToStop) {
  std::set<Digest> stored;
  for (int i = 0; i < 30; ++i) stored.insert(put(*store, std::to_string(i)).value().digest);
  EXPECT_EQ(all(), stored);
  int seen = 0;
  const auto stopped = store->for_each(ctx, [&](const BlobInfo&) -> Result<> {
    if (++seen == 3) return fail(Errc::conflict, "enough");
    return {};
  });
  EXPECT_EQ(stopped.error().code(), Errc::conflict);
  EXPECT_EQ(seen, 3);
}

TEST_P(BlobStoreSuite, WhatIsSeenOnAWalkMayBeRemoved) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(put(*store, std::to_string(i)));
  EXPECT_TRUE(store->for_each(ctx, [&](const BlobInfo& info) { return store->remove(ctx, info.digest); }));
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreSuite, WhatIsRemovedWhileItIsStoredWasStored) {
  const auto digest = sha256(as_bytes("hello"));
  const std::jthread remover([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) EXPECT_TRUE(store->remove(ctx, digest));
  });
  for (int i = 0; i < 100; ++i) {
    const auto stored = put(*store, "hello", digest);
    ASSERT_TRUE(stored) << stored.error().message();
    EXPECT_EQ(stored->size, 5u);
  }
}

TEST_P(BlobStoreSuite, AProbeLeavesNothingBehind) {
  EXPECT_TRUE(store->probe(ctx));
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreSuite, ACancelledCallDoesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const Logger silent;
  const Context cancelled(silent, stop.get_token(), Context::Clock::now() + std::chrono::hours(1));
  EXPECT_EQ(store->find(cancelled, absent).error().code(), Errc::cancelled);
  EXPECT_EQ(store->create(cancelled).error().code(), Errc::cancelled);
}

}  // namespace granary::blob
