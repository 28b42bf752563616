#include "blob/s3/s3_store.h"

#include <fstream>

#include "base/testing/eventually.h"
#include "base/testing/missing.h"
#include "blob/layout.h"
#include "blob/open.h"
#include "blob/testing/blob_store_suite.h"
#include "blob/testing/s3_server.h"
#include "net/http_client.h"

namespace granary::blob {
namespace {

/// One server for all tests, ended with the program; every store has a prefix of its own.
std::shared_ptr<S3Server> server() {
  static const std::shared_ptr<S3Server> one = S3Server::start();
  return one;
}

S3Options fresh_options() {
  static int count = 0;
  return server()->options("store" + std::to_string(count++));
}

std::shared_ptr<BlobStore> make_s3_store() {
  if (!server()) return nullptr;
  auto store = open_s3_store(fresh_options(), Logger());
  EXPECT_TRUE(store);
  return {store->release(), [keep = server()](BlobStore* s) { delete s; }};
}

INSTANTIATE_TEST_SUITE_P(S3, BlobStoreSuite, made_by(&make_s3_store));

class S3StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!server()) return missing("no versitygw");
    options = fresh_options();
    store = open_s3_store(options, Logger()).value();
  }
  std::string path_of(const Digest& digest) const {
    return server()->path_of(options.prefix + "/" + layout::object(digest));
  }
  /// Another node: the same bucket, a cache of its own.
  std::unique_ptr<BlobStore> other_node() {
    auto other = options;
    other.cache_directory = server()->options().cache_directory;
    return open_s3_store(other, Logger()).value();
  }
  static Digest absent() { return sha256(as_bytes("what nobody stored")); }
  const Context ctx = test_context();
  S3Options options;
  std::unique_ptr<BlobStore> store;
};

TEST_F(S3StoreTest, AnotherNodeSeesAndServesWhatOneStored) {
  const std::string bytes(3'000'000, 'x');
  const auto info = put(*store, bytes).value();
  const auto other = other_node();
  EXPECT_EQ(other->find(ctx, info.digest).value()->size, bytes.size());
  auto served = other->serve(ctx, info.digest, bytes.size()).value();
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<GrowingFile>>(served));
  EXPECT_TRUE(slurp(served).value() == bytes);
  served = other->serve(ctx, info.digest, bytes.size()).value();
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<const OpenFile>>(served))
      << "the second time it is in the cache";
  EXPECT_TRUE(slurp(served).value() == bytes);
}

TEST_F(S3StoreTest, TheNodeThatStoredKeepsALocalCopy) {
  const auto info = put(*store, "hello").value();
  EXPECT_TRUE(
      std::holds_alternative<std::shared_ptr<const OpenFile>>(store->serve(ctx, info.digest, 5).value()));
}

TEST_F(S3StoreTest, LargeBlobsGoUpInPartsAndComeBackWhole) {
  std::string bytes((40 << 20) + 17, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 4096) bytes[i] = static_cast<char>(i / 4096);
  const auto info = put(*store, bytes).value();
  EXPECT_TRUE(slurp(*store, info.digest).value() == bytes);
  EXPECT_TRUE(slurp(other_node()->serve(ctx, info.digest, bytes.size()).value()).value() == bytes);
  EXPECT_TRUE(put(*store, bytes)) << "again: copied by the server";
  EXPECT_EQ(store->find(ctx, info.digest).value()->size, bytes.size());
}

TEST_F(S3StoreTest, ContentStoredAgainCountsAsStoredNow) {
  for (const std::size_t size : {std::size_t{5}, std::size_t{17} << 20}) {
    const std::string bytes(size, 'y');
    const auto info = put(*store, bytes).value();
    std::filesystem::last_write_time(path_of(info.digest),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(100));
    const auto old = store->find(ctx, info.digest).value()->stored_at;
    EXPECT_LT(old, std::chrono::system_clock::now() - std::chrono::hours(99));
    ASSERT_TRUE(put(*store, bytes));
    EXPECT_GT(store->find(ctx, info.digest).value()->stored_at, old + std::chrono::hours(99)) << size;
  }
}

TEST_F(S3StoreTest, BytesThatAreWrongInTheBucketAreNeverServedNorCached) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{1} << 20}) {
    const std::string bytes(size, 'z');
    const auto info = put(*store, bytes).value();
    std::fstream(path_of(info.digest), std::ios::in | std::ios::out).seekp(50).put('!');
    const auto other = other_node();
    for (int i = 0; i < 2; ++i) {
      const auto served = other->serve(ctx, info.digest, size);
      const auto got = served ? slurp(*served) : Result<std::string>(tl::unexpected(served.error()));
      ASSERT_FALSE(got) << size;
      EXPECT_EQ(got.error().code(), Errc::corrupt);
    }
    ASSERT_TRUE(put(*other, bytes)) << "stored again, it is healed";
    EXPECT_TRUE(slurp(*store, info.digest).value() == bytes);
  }
}

TEST_F(S3StoreTest, TheCacheSurvivesARestartAndMayBeDeletedWhileInUse) {
  const auto info = put(*store, "hello").value();
  store.reset();
  store = open_s3_store(options, Logger()).value();
  EXPECT_TRUE(
      std::holds_alternative<std::shared_ptr<const OpenFile>>(store->serve(ctx, info.digest, 5).value()));
  std::filesystem::remove_all(options.cache_directory);
  EXPECT_EQ(slurp(store->serve(ctx, info.digest, 5).value()).value(), "hello");
  EXPECT_TRUE(put(*store, "other"));
  EXPECT_TRUE(
      std::holds_alternative<std::shared_ptr<const OpenFile>>(store->serve(ctx, info.digest, 5).value()));
}

TEST_F(S3StoreTest, LeftoversAreRemovedOnceTheyAreOld) {
  const auto old = options.cache_directory + "/tmp/old", young = options.cache_directory + "/tmp/young";
  for (const auto& path : {old, young}) std::ofstream(path) << "x";
  std::filesystem::last_write_time(old,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(25));
  EXPECT_TRUE(store->remove_leftovers(ctx)) << "uploads in parts are asked for too";
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(young));
}

TEST_F(S3StoreTest, ListsMoreObjectsThanOnePageHolds) {
  // Written by hand: a thousand uploads are slow, and a walk is about what lies there.
  for (int i = 0; i < 1'010; ++i) {
    const std::string bytes = std::to_string(i);
    const auto path = path_of(sha256(as_bytes(bytes)));
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << bytes;
  }
  std::set<Digest> seen;
  ASSERT_TRUE(store->for_each(ctx, [&](const BlobInfo& info) -> Result<> {
    seen.insert(info.digest);
    return {};
  }));
  EXPECT_EQ(seen.size(), 1'010u);
}

TEST_F(S3StoreTest, AWrongSecretNamesTheSetting) {
  options.secret_key = "wrong";
  store = open_s3_store(options, Logger()).value();
  for (const auto& error :
       {store->probe(ctx).error(), put(*store, "x").error(), store->open(ctx, sha256({})).error()}) {
    EXPECT_EQ(error.code(), Errc::unavailable);
    EXPECT_NE(error.message().find("refuses our credentials"), std::string::npos) << error.message();
    EXPECT_NE(error.hint().find("credentials of S3Storage"), std::string::npos);
  }
}

net::Response answer_to(const std::string& url, std::string method = "GET", std::string range = "") {
  net::HttpClient client({});
  net::Request request{.method = std::move(method), .url = url};
  if (!range.empty()) request.headers.push_back({"Range", std::move(range)});
  return client.request(test_context(), request).value();
}

TEST_F(S3StoreTest, ADirectUrlIsForItsBlobAloneForGetAndAnyRange) {
  const auto one = put(*store, "0123456789").value();
  const auto other = put(*store, "other").value();
  const auto url = store->presign(ctx, one.digest, {"a.txt", "text/plain"}).value()->url;
  const auto part = answer_to(url, "GET", "bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(answer_to(url, "PUT").status, 403);
  EXPECT_EQ(answer_to(url, "DELETE").status, 403);
  std::string turned = url;
  turned.replace(url.find(one.digest.hex()), 64, other.digest.hex());
  turned.replace(turned.find("/sha256/") + 8, 2, other.digest.hex().substr(0, 2));
  EXPECT_EQ(answer_to(turned).status, 403);
  EXPECT_EQ(url.find(options.secret_key), std::string::npos);
}

TEST_F(S3StoreTest, ADirectUrlIsOverWhenItsLifetimeIs) {
  options.direct_url_lifetime = std::chrono::seconds(1);
  const auto brief = open_s3_store(options, Logger()).value();
  const auto info = put(*brief, "hello").value();
  const auto url = brief->presign(ctx, info.digest, {"a", "text/plain"}).value()->url;
  EXPECT_TRUE(eventually([&] { return answer_to(url).status == 403; }));
}

TEST_F(S3StoreTest, ADirectUrlLeadsWhereClientsReachTheStore) {
  options.public_endpoint = "https://downloads.example.org";
  options.path_style = true;
  const auto told = open_s3_store(options, Logger()).value();
  const auto url = told->presign(ctx, absent(), {"a b", "text/plain"}).value()->url;
  EXPECT_TRUE(url.starts_with("https://downloads.example.org/bucket/" + options.prefix + "/sha256/")) << url;
  EXPECT_EQ(url.find("disposition"), std::string::npos) << "a name that no header can have";
  options.public_endpoint = "https://user@host/";
  const auto error = open_s3_store(options, Logger()).error();
  EXPECT_NE(error.message().find("S3Storage.PublicEndpoint"), std::string::npos) << error.message();
}

TEST_F(S3StoreTest, ABucketThatDoesNotExistIsSaidSo) {
  options.bucket = "nothing-here";
  const auto error = open_s3_store(options, Logger()).value()->probe(ctx).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "the bucket nothing-here does not exist");
}

TEST_F(S3StoreTest, VirtualHostStyleReachesTheBucketByName) {
  // localhost resolves below any name only in some resolvers; so this asks for the address that is built.
  options.endpoint = "http://s3.test.invalid:1";
  const auto error = open_s3_store(options, Logger())
                         .value()
                         ->find(ctx.with_timeout(std::chrono::seconds(2)), sha256({}))
                         .error();
  EXPECT_NE((error.message() + error.hint()).find("bucket.s3.test.invalid"), std::string::npos)
      << error.message();
}

TEST(S3Store, SettingsThatAreMissingAreNamed) {
  S3Options options;
  options.access_key = options.secret_key = "x";
  options.bucket = "b";
  EXPECT_EQ(open_s3_store(options, Logger()).error().code(), Errc::invalid_argument);
  options.cache_directory = testing::TempDir();
  options.bucket = "";
  EXPECT_EQ(open_s3_store(options, Logger()).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::blob
