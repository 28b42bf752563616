/// The S3 store with encryption on this side, on a real S3 server and a real KMS.

#include <algorithm>
#include <fstream>

#include "base/testing/missing.h"
#include "blob/layout.h"
#include "blob/open.h"
#include "blob/s3/envelope.h"
#include "blob/s3/key_material.h"
#include "blob/testing/blob_store_suite.h"
#include "blob/testing/kms_server.h"
#include "blob/testing/s3_server.h"

namespace granary::blob {
namespace {

struct Servers {
  std::shared_ptr<S3Server> s3 = S3Server::start();
  std::shared_ptr<KmsServer> kms = KmsServer::start();
  std::string key = kms ? kms->create_key() : "";
  explicit operator bool() const { return s3 && kms; }
};

/// One pair for all tests, ended with the program.
const std::shared_ptr<Servers>& servers() {
  static const auto one = std::make_shared<Servers>();
  return one;
}

S3Options fresh_options() {
  static int count = 0;
  auto options = servers()->s3->options("sealed" + std::to_string(count++));
  options.key_id = servers()->key;
  options.kms_endpoint = servers()->kms->url();
  return options;
}

std::shared_ptr<BlobStore> make_sealed_store() {
  if (!*servers()) return nullptr;
  auto store = open_s3_store(fresh_options(), Logger());
  EXPECT_TRUE(store);
  return {store->release(), [keep = servers()](BlobStore* s) { delete s; }};
}

INSTANTIATE_TEST_SUITE_P(SealedS3, BlobStoreSuite, made_by(&make_sealed_store));

std::string varied(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i % 251 + i / 4096);
  return out;
}

class SealedStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!*servers()) return missing("no versitygw or no moto_server");
    options = fresh_options();
    store = open_s3_store(options, Logger()).value();
  }
  std::string sealed_path(const Digest& digest) const {
    return servers()->s3->path_of(options.prefix + "/" + layout::sealed_object(digest));
  }
  std::string plain_path(const Digest& digest) const {
    return servers()->s3->path_of(options.prefix + "/" + layout::object(digest));
  }
  /// Another node: the same bucket, a cache of its own.
  std::unique_ptr<BlobStore> other_node(const std::string& key) {
    auto other = options;
    other.key_id = key;
    other.cache_directory = servers()->s3->options().cache_directory;
    return open_s3_store(other, Logger()).value();
  }
  std::unique_ptr<BlobStore> other_node() { return other_node(options.key_id); }
  const Context ctx = test_context();
  S3Options options;
  std::unique_ptr<BlobStore> store;
};

TEST_F(SealedStoreTest, NobodyIsSentToTheStoreForBytesThatHeCouldNotRead) {
  const auto info = put(*store, "hello").value();
  EXPECT_FALSE(store->presign(ctx, info.digest, {"a", "text/plain"}).value());
}

TEST_F(SealedStoreTest, TheBucketHoldsNothingOfTheContent) {
  const std::string bytes(100'000, 'x');
  const auto info = put(*store, bytes).value();
  EXPECT_FALSE(std::filesystem::exists(plain_path(info.digest)));
  const auto stored = read_file(sealed_path(info.digest)).value();
  EXPECT_TRUE(stored.starts_with("granary\x02"));
  EXPECT_EQ(stored.find(std::string(16, 'x')), stored.npos);
  EXPECT_TRUE(slurp(other_node()->serve(ctx, info.digest, bytes.size()).value()).value() == bytes);
}

TEST_F(SealedStoreTest, SizesAreThoseOfTheContent) {
  const auto info = put(*store, std::string(70'000, 'x')).value();
  EXPECT_EQ(store->find(ctx, info.digest).value()->size, 70'000u);
  ASSERT_TRUE(store->for_each(ctx, [&](const BlobInfo& each) -> Result<> {
    EXPECT_EQ(each.digest, info.digest);
    EXPECT_EQ(each.size, 70'000u);
    return {};
  }));
}

TEST_F(SealedStoreTest, LargeBlobsGoUpInPartsAndComeBackWhole) {
  const auto bytes = varied((17 << 20) + 17);
  const auto info = put(*store, bytes).value();
  EXPECT_TRUE(slurp(*store, info.digest).value() == bytes) << "in pieces, each a range";
  EXPECT_TRUE(slurp(other_node()->serve(ctx, info.digest, bytes.size()).value()).value() == bytes);
  EXPECT_TRUE(put(*store, bytes)) << "again: copied by the server";
  EXPECT_EQ(store->find(ctx, info.digest).value()->size, bytes.size());
}

/// As nodes of the first version stored it: under a data key of its own.
TEST_F(SealedStoreTest, ObjectsOfTheFirstVersionAreRead) {
  const auto bytes = varied(100'000);
  const auto digest = sha256(as_bytes(bytes));
  const auto [key_id, secret, encrypted] = servers()->kms->data_key(servers()->key, digest.hex());
  const auto header =
      s3::write_envelope({.plain_size = bytes.size(), .key_id = key_id, .encrypted_key = encrypted}).value();
  ASSERT_TRUE(header.starts_with("granary\x01"));
  const s3::Segments segments(header, bytes.size(), s3::KeyMaterial(secret).key_of(digest, ""));
  std::string object = header;
  for (std::uint64_t i = 0; i < segments.count(); ++i)
    segments.seal(i, as_bytes(bytes).subspan(i * s3::kSegment, segments.plain_length(i)), object);
  const auto path = sealed_path(digest);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << object;
  EXPECT_TRUE(slurp(*store, digest).value() == bytes);
}

TEST_F(SealedStoreTest, WhileNodesReadTheFirstVersionOnlyThatIsWritten) {
  bool older = true;
  options.older_nodes_read = [&] { return older; };
  const auto node = other_node();
  const auto stored = [&](const std::string& bytes) {
    const auto info = put(*node, bytes).value();
    EXPECT_EQ(slurp(*node, info.digest).value(), bytes);
    EXPECT_EQ(slurp(*store, info.digest).value(), bytes);
    return read_file(sealed_path(info.digest)).value().substr(0, 8);
  };
  EXPECT_EQ(stored("one"), "granary\x01");
  EXPECT_EQ(stored("two"), "granary\x01");
  older = false;
  EXPECT_EQ(stored("three"), "granary\x02");
}

TEST_F(SealedStoreTest, ANewKeyIsForNewObjectsAndOldOnesStayReadable) {
  const auto old = put(*store, "old").value();
  const auto key = servers()->kms->create_key();
  const auto node = other_node(key);
  const auto young = put(*node, "young").value();
  EXPECT_EQ(slurp(*node, old.digest).value(), "old");
  EXPECT_EQ(slurp(*store, young.digest).value(), "young");
  EXPECT_NE(read_file(sealed_path(young.digest)).value().find(key), std::string::npos);
}

TEST_F(SealedStoreTest, WhatLayThereInTheClearIsReadAndSealedWhenItIsStoredAgain) {
  const auto plain_node = other_node("");
  const auto info = put(*plain_node, "from before").value();
  EXPECT_TRUE(std::filesystem::exists(plain_path(info.digest)));
  EXPECT_EQ(slurp(*store, info.digest).value(), "from before");
  EXPECT_EQ(store->find(ctx, info.digest).value()->size, 11u);
  ASSERT_TRUE(put(*store, "from before"));
  EXPECT_FALSE(std::filesystem::exists(plain_path(info.digest)));
  EXPECT_EQ(slurp(*other_node(), info.digest).value(), "from before");
  ASSERT_TRUE(put(*plain_node, "from before"));
  int seen = 0;
  ASSERT_TRUE(store->for_each(ctx, [&](const BlobInfo&) -> Result<> {
    ++seen;
    return {};
  }));
  EXPECT_EQ(seen, 1) << "in both forms, it is one";
  ASSERT_TRUE(store->remove(ctx, info.digest));
  EXPECT_FALSE(store->find(ctx, info.digest).value());
}

TEST_F(SealedStoreTest, ObjectsThatWereChangedExchangedOrCutOffAreCorrupt) {
  const auto bytes = varied(200'000);
  const auto info = put(*store, bytes).value(), other = put(*store, std::string(200'000, 'o')).value();
  const auto good = read_file(sealed_path(info.digest)).value();
  const auto expect_corrupt = [&](const std::string& object, const char* what) {
    std::ofstream(sealed_path(info.digest), std::ios::trunc) << object;
    const auto node = other_node();
    const auto read = slurp(*node, info.digest);
    ASSERT_FALSE(read) << what;
    EXPECT_EQ(read.error().code(), Errc::corrupt) << what << ": " << read.error().message();
    const auto served = node->serve(ctx, info.digest, bytes.size());
    const auto got = served ? slurp(*served) : Result<std::string>(tl::unexpected(served.error()));
    EXPECT_FALSE(got) << what;
  };
  auto changed = good;
  changed[150'000] = static_cast<char>(changed[150'000] ^ 1);
  expect_corrupt(changed, "a changed bit");
  expect_corrupt(good.substr(0, good.size() - 65'552), "cut off");
  expect_corrupt(read_file(sealed_path(other.digest)).value(), "another object in its place");
  expect_corrupt("short", "hardly anything");
  expect_corrupt(std::string(good.size(), 'x'), "something else");
  std::ofstream(sealed_path(info.digest), std::ios::trunc) << good;
  EXPECT_TRUE(slurp(*other_node(), info.digest).value() == bytes);
}

TEST_F(SealedStoreTest, AKeyThatCannotBeUsedIsSaidSoAndNothingIsStored) {
  const auto node = other_node("alias/not-there");
  const auto stored = put(*node, "secret");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), Errc::unavailable);
  EXPECT_NE(stored.error().hint().find("S3Storage.KeyID"), std::string::npos);
  EXPECT_FALSE(node->find(ctx, sha256(as_bytes("secret"))).value());
  EXPECT_FALSE(node->probe(ctx)) << "check-config finds it out";
}

}  // namespace
}  // namespace granary::blob
