#include <thread>

#include "base/blake2b.h"
#include "base/hash.h"
#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

class PublishTest : public World {};

TEST_F(PublishTest, APublishedFileIsThereWithItsBytes) {
  const auto package = r_package("pkg", "1.0");
  const auto got = publish("r", package).value();
  EXPECT_FALSE(got.already);
  EXPECT_EQ(got.file.added_in.value, 1);
  EXPECT_EQ(got.file.md5, md5_hex(as_bytes(package.bytes)));
  EXPECT_EQ(got.file.size, package.bytes.size());
  EXPECT_EQ(filenames("r", "pkg"), Names{"pkg_1.0.tar.gz"});
  EXPECT_TRUE(blobs->find(ctx, sha256(as_bytes(package.bytes))).value());
}

TEST_F(PublishTest, AWheelCarriesTheDigestOfItsMetadata) {
  const auto got = publish("py", simple_wheel("foo", "1.0")).value();
  EXPECT_EQ(got.file.metadata_sha256, sha256(as_bytes(metadata("foo", "1.0"))));
  EXPECT_FALSE(publish("py", sdist("foo", "1.0")).value().file.metadata_sha256);
}

TEST_F(PublishTest, TheSameAgainIsSuccessAndNoTransaction) {
  const auto first = publish("py", simple_wheel("foo", "1.0")).value();
  const auto again = publish("py", simple_wheel("foo", "1.0")).value();
  EXPECT_TRUE(again.already);
  EXPECT_EQ(again.file.id, first.file.id);
  EXPECT_EQ(again.file.added_in, first.file.added_in);
}

TEST_F(PublishTest, OtherContentUnderTheSameNameIsAConflict) {
  ASSERT_TRUE(publish("py", simple_wheel("foo", "1.0")));
  const auto got = publish("py", simple_wheel("foo", "1.0", "x = 2\n"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::conflict);
  EXPECT_TRUE(got.error().message().starts_with("File already exists"));
  EXPECT_EQ(blobs->count(), 1U);
}

TEST_F(PublishTest, ReplaceEndsTheOldIntervalAndKeepsTheOldSnapshot) {
  const auto first = publish("r", r_package("pkg", "1.0")).value();
  const auto second = publish("r", r_package("pkg", "1.0", "License: MIT\n"), true).value();
  EXPECT_EQ(second.file.added_in.value, 2);
  EXPECT_EQ(files("r", "pkg").at(0).blob, second.file.blob);
  EXPECT_EQ(files("r", "pkg", 1).at(0).blob, first.file.blob);
  EXPECT_EQ(files("r", "pkg").size(), 1U);
}

TEST_F(PublishTest, WhatIsBuiltGoesIntoASourceThatTakesNothingElse) {
  ASSERT_TRUE(ingest->create_source(ctx, "built", model::SourceType::git, "", false));
  const auto package = r_package("pkg", "1.0");
  const auto refused = publish("built", package);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  const MemorySource bytes(package.bytes);
  Upload upload;
  upload.filename = package.filename;
  upload.bytes = &bytes;
  Publish how;
  how.built = true;
  EXPECT_TRUE(ingest->publish(ctx, "built", upload, how));
  EXPECT_EQ(filenames("built", "pkg"), Names{"pkg_1.0.tar.gz"});
}

TEST_F(PublishTest, WhatIsToBeKeptStaysAsIfItWereTheSame) {
  const auto first = publish("r", r_package("pkg", "1.0")).value();
  const auto other = r_package("pkg", "1.0", "License: MIT\n");
  const MemorySource bytes(other.bytes);
  Upload upload;
  upload.filename = other.filename;
  upload.bytes = &bytes;
  Publish how;
  how.keep = {first.file.blob};
  for (const bool replace : {false, true}) {
    how.replace = replace;
    const auto kept = ingest->publish(ctx, "r", upload, how);
    ASSERT_TRUE(kept) << replace;
    EXPECT_TRUE(kept->already);
    EXPECT_EQ(kept->file.blob, first.file.blob);
  }
  how.keep = {sha256(as_bytes("something else"))};
  EXPECT_FALSE(ingest->publish(ctx, "r", upload, how).value().already);
  EXPECT_EQ(files("r", "pkg").at(0).blob, sha256(as_bytes(other.bytes)));
}

TEST_F(PublishTest, ANameOnceServedWithOtherContentNeedsReplace) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  ASSERT_TRUE(ingest->remove(ctx, "r", {"pkg", "1.0"}, false, "me", ""));
  const auto other = r_package("pkg", "1.0", "License: MIT\n");
  EXPECT_EQ(publish("r", other).error().code(), Errc::conflict);
  EXPECT_TRUE(publish("r", other, true));
}

TEST_F(PublishTest, ARemovedFileMayComeBack) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  ASSERT_TRUE(ingest->remove(ctx, "r", {"pkg", "1.0"}, false, "me", ""));
  EXPECT_FALSE(publish("r", r_package("pkg", "1.0")).value().already);
  EXPECT_EQ(filenames("r", "pkg"), Names{"pkg_1.0.tar.gz"});
}

TEST_F(PublishTest, ASecondSdistOfAReleaseIsRefused) {
  ASSERT_TRUE(publish("py", sdist("foo", "1.0")));
  const auto got = publish("py", sdist("Foo", "1.0.0"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::invalid_argument);
  EXPECT_EQ(publish("py", sdist("foo", "1.0", "x = 2\n")).error().code(), Errc::conflict);
  EXPECT_TRUE(publish("py", sdist("foo", "1.1")));
}

TEST_F(PublishTest, PythonNamesThatDifferByCaseOrSeparatorsAreOneProject) {
  ASSERT_TRUE(publish("py", wheel("Foo_Bar-1.0", metadata("Foo.Bar", "1.0"))));
  ASSERT_TRUE(publish("py", wheel("foo_bar-1.1", metadata("foo-bar", "1.1"))));
  EXPECT_EQ(files("py", "foo-bar").size(), 2U);
}

TEST_F(PublishTest, RNamesThatDifferOnlyByCaseAreAConflict) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0")));
  const auto got = publish("r", r_package("Pkg", "1.0"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), Errc::conflict);
  EXPECT_EQ(got.error().message(), "package 'Pkg' differs only by case from 'pkg', which is there already");
}

TEST_F(PublishTest, RVersionsThatREqualsAreAConflict) {
  ASSERT_TRUE(publish("r", r_package("pkg", "1.0-1")));
  EXPECT_EQ(publish("r", r_package("pkg", "1.0.1")).error().code(), Errc::conflict);
}

TEST_F(PublishTest, TheSourceMustExistAndFit) {
  EXPECT_EQ(publish("none", r_package("pkg", "1.0")).error().code(), Errc::not_found);
  EXPECT_EQ(publish("py", r_package("pkg", "1.0")).error().code(), Errc::invalid_argument);
  EXPECT_EQ(publish("r", simple_wheel("foo", "1.0")).error().code(), Errc::invalid_argument);
  EXPECT_EQ(blobs->count(), 0U);
}

TEST_F(PublishTest, BadInputStoresNothing) {
  auto package = r_package("pkg", "1.0");
  package.bytes.resize(package.bytes.size() - 3);
  EXPECT_EQ(publish("r", package).error().code(), Errc::corrupt);
  EXPECT_EQ(blobs->count(), 0U);
  EXPECT_TRUE(filenames("r", "pkg").empty());
}

TEST_F(PublishTest, ClaimedDigestsMustBeRight) {
  const auto package = simple_wheel("foo", "1.0");
  const MemorySource bytes(package.bytes);
  Upload upload;
  upload.filename = package.filename;
  upload.bytes = &bytes;
  upload.sha256 = sha256(as_bytes(package.bytes)).hex();
  upload.md5 = md5_hex(as_bytes(package.bytes));
  upload.blake2b_256 = blake2b_256_hex(as_bytes(package.bytes));
  EXPECT_TRUE(
      ingest->publish(ctx, "py", upload, {.replace = false, .dry_run = true, .actor = "", .comment = ""}));
  for (auto member : {&Upload::sha256, &Upload::md5, &Upload::blake2b_256}) {
    auto wrong = upload;
    (*(wrong.*member))[0] = (*(wrong.*member))[0] == 'a' ? 'b' : 'a';
    const auto got = ingest->publish(ctx, "py", wrong, {});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::invalid_argument);
  }
}

TEST_F(PublishTest, ADryRunChangesNothing) {
  const auto package = r_package("pkg", "1.0");
  const MemorySource bytes(package.bytes);
  Upload upload;
  upload.filename = package.filename;
  upload.bytes = &bytes;
  const auto got =
      ingest->publish(ctx, "r", upload, {.replace = false, .dry_run = true, .actor = "", .comment = ""});
  EXPECT_EQ(got.value().file.package, "pkg");
  EXPECT_EQ(blobs->count(), 0U);
  EXPECT_TRUE(filenames("r", "pkg").empty());
}

TEST_F(PublishTest, OfManyWhoPublishTheSameAtOnceOneDoesAndAllSucceed) {
  constexpr int kPublishers = 8;
  const auto package = simple_wheel("foo", "1.0");
  std::atomic<int> fresh = 0, already = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kPublishers; ++i) {
      threads.emplace_back([&] {
        const auto got = publish("py", package);
        if (got) ++(got->already ? already : fresh);
      });
    }
  }
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(already, kPublishers - 1);
  EXPECT_EQ(files("py", "foo").size(), 1U);
}

}  // namespace
}  // namespace granary::ingest
