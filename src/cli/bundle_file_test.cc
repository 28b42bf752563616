#include "cli/bundle_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/bytes.h"

namespace granary::cli {
namespace {

class BundleFileTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path); }
  void make() {
    auto writer = BundleWriter::create(path).value();
    ASSERT_TRUE(writer->begin_member());
    ASSERT_TRUE(writer->write(as_bytes("some bytes")));
    at = writer->member_at();
    sha = sha256(as_bytes("some bytes")).hex();
    ASSERT_TRUE(writer->end_member("files/" + sha + "/a.tar.gz"));
    ASSERT_TRUE(writer->begin_member());
    ASSERT_TRUE(writer->write(as_bytes("{}\n")));
    BundleManifest manifest;
    manifest.version = "1";
    manifest.sources = {{"cran", "cran", ""}};
    manifest.lines_at = writer->member_at() + 512;
    manifest.lines_size = 3;
    manifest.lines_sha256 = sha256(as_bytes("{}\n")).hex();
    ASSERT_TRUE(writer->end_member("records.jsonl"));
    ASSERT_TRUE(writer->finish(manifest));
  }
  std::string bytes() const { return read_file(path).value(); }

  const std::string path = testing::TempDir() + "bundle-" + std::to_string(::getpid()) + ".tar";
  std::string sha;
  std::uint64_t at = 0;
};

TEST_F(BundleFileTest, WhatIsWrittenIsReadAgain) {
  make();
  const MemorySource bundle(bytes());
  const auto manifest = read_manifest(path, bundle);
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->sources.at(0).name, "cran");
  const auto offset = find_in_bundle(bundle, at, sha, 10, "a.tar.gz");
  ASSERT_TRUE(offset);
  EXPECT_EQ(bytes().substr(*offset, 10), "some bytes");
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST_F(BundleFileTest, IsNotWrittenOverAnother) {
  make();
  EXPECT_EQ(BundleWriter::create(path).error().code(), Errc::conflict);
}

TEST_F(BundleFileTest, ThatIsCutOffOrDamagedIsRefused) {
  make();
  const auto whole = bytes();
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{100}, std::size_t{600}, whole.size() / 2, whole.size() - 1})
    EXPECT_EQ(read_manifest(path, MemorySource(whole.substr(0, length))).error().code(), Errc::corrupt)
        << length;
  auto damaged = whole;
  damaged[damaged.find("{}\n")] = '[';
  EXPECT_EQ(read_manifest(path, MemorySource(damaged)).error().code(), Errc::corrupt);
  const auto moved = find_in_bundle(MemorySource(whole), at + 512, sha, 10, "a.tar.gz");
  ASSERT_FALSE(moved);
  EXPECT_NE(moved.error().message().find("a.tar.gz"), std::string::npos);
}

TEST_F(BundleFileTest, WhoseExportDidNotEndIsRefused) {
  {
    auto writer = BundleWriter::create(path).value();
  }
  const auto refused = read_manifest(path, MemorySource(read_file(path + ".partial").value()));
  EXPECT_EQ(refused.error().code(), Errc::corrupt);
}

TEST_F(BundleFileTest, OfALaterFormatIsNamedAsSuch) {
  make();
  auto later = bytes();
  later.replace(later.find("\"format\":1"), 10, "\"format\":9");
  EXPECT_EQ(read_manifest(path, MemorySource(later)).error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace granary::cli
