#include "blob/file/file_store.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/testing/missing.h"
#include "blob/layout.h"
#include "blob/open.h"
#include "blob/testing/blob_store_suite.h"

namespace granary::blob {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<BlobStore> make_file_store() {
  auto folder = std::make_shared<TemporaryFolder>();
  auto store = open_file_store(folder->path() + "/blobs", Logger());
  EXPECT_TRUE(store);
  return {store->release(), [folder](BlobStore* s) { delete s; }};
}

INSTANTIATE_TEST_SUITE_P(File, BlobStoreSuite, made_by(&make_file_store));

class FileStoreTest : public testing::Test {
 protected:
  std::string path_of(const Digest& digest) const { return folder.path() + "/" + layout::object(digest); }
  static void make_older(const std::string& path, int hours) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  const Context ctx = test_context();
  TemporaryFolder folder;
  std::unique_ptr<BlobStore> store = open_file_store(folder.path(), Logger()).value();
};

TEST(Layout, NamesAndDigestsAreOneToOne) {
  const Digest digest = sha256(as_bytes("a"));
  const std::string path = layout::object(digest);
  EXPECT_EQ(path, "sha256/ca/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
  EXPECT_EQ(layout::parse_object(path), digest);
  for (const std::string& bad :
       {std::string(), path + "x", path.substr(1), "sha256/cb/" + digest.hex(), "sha512/ca/" + digest.hex(),
        std::string(74, '/'), "SHA256/ca/" + digest.hex()})
    EXPECT_FALSE(layout::parse_object(bad)) << bad;
}

TEST_F(FileStoreTest, KeepsItsContentWhenOpenedAgain) {
  const auto info = put(*store, "hello").value();
  store = open_file_store(folder.path(), Logger()).value();
  EXPECT_EQ(slurp(*store, info.digest).value(), "hello");
}

TEST_F(FileStoreTest, NothingIsLeftOfWhatWasNotCommitted) {
  {
    const auto writer = store->create(ctx).value();
    ASSERT_TRUE(writer->write(as_bytes("half")));
  }
  EXPECT_EQ(count_files(folder.path()), 0u);
  EXPECT_FALSE(put(*store, "x", sha256(as_bytes("y"))));
  EXPECT_EQ(count_files(folder.path()), 0u);
  ASSERT_TRUE(put(*store, "same"));
  ASSERT_TRUE(put(*store, "same"));
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST_F(FileStoreTest, OnlyOldLeftoversOfKilledProcessesAreRemovedWhenOpened) {
  const std::string old_one = folder.path() + "/tmp/old", young = folder.path() + "/tmp/young";
  std::ofstream(old_one) << "x";
  std::ofstream(young) << "x";
  make_older(old_one, 25);
  make_older(young, 23);
  store = open_file_store(folder.path(), Logger()).value();
  EXPECT_FALSE(fs::exists(old_one));
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(FileStoreTest, ContentStoredAgainCountsAsStoredNow) {
  const auto info = put(*store, "hello").value();
  make_older(path_of(info.digest), 100);
  const auto old = store->find(ctx, info.digest).value()->stored_at;
  const auto again = put(*store, "hello").value();
  EXPECT_GT(again.stored_at, old + std::chrono::hours(99));
  EXPECT_EQ(store->find(ctx, info.digest).value()->stored_at, again.stored_at);
}

TEST_F(FileStoreTest, AFileDeletedFromOutsideIsNotFoundEvenIfItWasOpen) {
  const auto info = put(*store, "hello").value();
  const auto served = store->serve(ctx, info.digest, 5).value();
  fs::remove(path_of(info.digest));
  EXPECT_FALSE(store->find(ctx, info.digest).value());
  EXPECT_EQ(store->open(ctx, info.digest).error().code(), Errc::not_found);
  EXPECT_EQ(store->serve(ctx, info.digest, 5).error().code(), Errc::not_found);
  EXPECT_EQ(slurp(served).value(), "hello") << "a response in progress goes on";
}

TEST_F(FileStoreTest, AFileDamagedFromOutsideIsCorruptUntilItIsStoredAgain) {
  const auto info = put(*store, "hello").value();
  ASSERT_TRUE(store->serve(ctx, info.digest, 5));
  fs::resize_file(path_of(info.digest), 3);
  EXPECT_EQ(store->serve(ctx, info.digest, 5).error().code(), Errc::corrupt);
  ASSERT_TRUE(put(*store, "hello"));
  EXPECT_EQ(slurp(store->serve(ctx, info.digest, 5).value()).value(), "hello");
}

TEST_F(FileStoreTest, AFolderInThePlaceOfAFileIsCorrupt) {
  const auto digest = sha256(as_bytes("hello"));
  fs::create_directories(path_of(digest));
  EXPECT_EQ(store->find(ctx, digest).error().code(), Errc::corrupt);
  EXPECT_EQ(put(*store, "hello").error().code(), Errc::corrupt);
}

TEST_F(FileStoreTest, AFileThatShrinksWhileItIsReadIsCorrupt) {
  const auto info = put(*store, std::string(100'000, 'x')).value();
  const auto reader = store->open(ctx, info.digest).value();
  std::array<std::byte, 10> few;
  ASSERT_TRUE(reader->read(few));
  fs::resize_file(path_of(info.digest), 50'000);
  EXPECT_EQ(slurp(*reader).error().code(), Errc::corrupt);
}

TEST_F(FileStoreTest, StrangeFilesAreNotTakenForContent) {
  fs::create_directories(folder.path() + "/sha256/zz");
  std::ofstream(folder.path() + "/sha256/zz/README") << "x";
  std::ofstream(folder.path() + "/sha256/file") << "x";
  int seen = 0;
  EXPECT_TRUE(store->for_each(ctx, [&](const BlobInfo&) -> Result<> {
    ++seen;
    return {};
  }));
  EXPECT_EQ(seen, 0);
}

TEST_F(FileStoreTest, ServingAgainGivesTheSameOpenFile) {
  const auto info = put(*store, "hello").value();
  const auto first = std::get<0>(store->serve(ctx, info.digest, 5).value());
  EXPECT_EQ(std::get<0>(store->serve(ctx, info.digest, 5).value()), first);
}

TEST_F(FileStoreTest, FewFilesAreKeptOpen) {
  OpenFiles files(3);
  for (int i = 0; i < 10; ++i) {
    const auto info = put(*store, std::to_string(i)).value();
    ASSERT_TRUE(files.get(info.digest, path_of(info.digest)));
  }
  EXPECT_EQ(files.count(), 3u);
}

TEST(FileStore, AFolderThatCannotBeMadeIsSaidSo) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/file") << "x";
  const auto opened = open_file_store(folder.path() + "/file/blobs", Logger());
  EXPECT_EQ(opened.error().code(), Errc::unavailable);
  EXPECT_NE(opened.error().message().find(folder.path()), std::string::npos);
}

TEST(FileStore, AFullDiskIsUnavailableAndLeavesNothingAndPasses) {
  const TemporaryFolder folder;
  if (::mount("granary", folder.path().c_str(), "tmpfs", 0, "size=256k") != 0)
    return missing("a small tmpfs can be mounted by root only");
  {
    auto store = open_file_store(folder.path(), Logger()).value();
    const auto small = put(*store, "small").value();
    const std::string large(1 << 20, 'x');
    const auto stored = put(*store, large);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code(), Errc::unavailable);
    EXPECT_NE(stored.error().hint().find("free space"), std::string::npos);
    EXPECT_EQ(count_files(folder.path()), 1u);
    EXPECT_EQ(slurp(*store, small.digest).value(), "small");

    const auto writer = store->create(test_context()).value();
    EXPECT_FALSE(writer->write(as_bytes(large)));
    EXPECT_EQ(writer->commit(std::nullopt).error().code(), Errc::unavailable)
        << "a file with a hole must not appear";

    ASSERT_EQ(::mount("granary", folder.path().c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
    EXPECT_TRUE(put(*store, large));
  }
  ::umount2(folder.path().c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace granary::blob
