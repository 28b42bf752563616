#include "archive/tar.h"

#include <gtest/gtest.h>

#include "archive/gunzip.h"
#include "archive/testing/build_archive.h"
#include "base/compress.h"
#include "base/testing/test_context.h"

namespace granary::archive {
namespace {

Result<Scan> scan_bytes(std::string bytes, const Limits& limits = {}) {
  const MemorySource source(std::move(bytes));
  return scan(test_context(), source, Format::tar_gz, limits,
              [](std::string_view path) { return path.ends_with("/DESCRIPTION"); });
}

Result<Scan> scan_entries(const std::vector<BuildEntry>& entries) {
  return scan_bytes(build_tar_gz(entries));
}

Errc code_of(const Result<Scan>& got) { return got ? Errc::internal : got.error().code(); }

std::vector<BuildEntry> package() {
  return {{.path = "pkg/", .bytes = "", .symlink = "", .hardlink = "", .type = 'd'},
          {.path = "pkg/R/a.R", .bytes = std::string(3000, 'x')},
          {.path = "pkg/DESCRIPTION", .bytes = "Package: pkg\n"}};
}

class EveryDialect : public testing::TestWithParam<TarDialect> {};
INSTANTIATE_TEST_SUITE_P(Tar, EveryDialect,
                         testing::Values(TarDialect::ustar, TarDialect::pax, TarDialect::gnu,
                                         TarDialect::v7));

TEST_P(EveryDialect, GivesTheWantedMember) {
  const auto got = scan_bytes(build_tar_gz(package(), GetParam())).value();
  ASSERT_EQ(got.members.size(), 1U);
  EXPECT_EQ(got.members[0].path, "pkg/DESCRIPTION");
  EXPECT_EQ(got.members[0].bytes, "Package: pkg\n");
  EXPECT_EQ(got.tops, std::vector<std::string>{"pkg"});
  EXPECT_EQ(got.entries, 3U);
  EXPECT_EQ(got.total_bytes, 3013U);
}

TEST(Tar, ReadsLongNamesOfPaxAndGnu) {
  const std::string deep = "pkg/" + std::string(120, 'a') + "/" + std::string(120, 'b') + "/DESCRIPTION";
  for (const auto dialect : {TarDialect::pax, TarDialect::gnu}) {
    const auto got = scan_bytes(build_tar_gz({{.path = deep, .bytes = "x"}}, dialect)).value();
    EXPECT_EQ(got.members.at(0).path, deep);
  }
}

TEST(Tar, EveryTruncationIsFound) {
  const auto whole = build_tar_gz(package());
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const auto got = scan_bytes(whole.substr(0, size));
    ASSERT_FALSE(got) << size;
    EXPECT_EQ(got.error().code(), Errc::corrupt) << size;
  }
}

TEST(Tar, TruncationInsideAWholeGzipIsFound) {
  const auto tar = build_tar(package());
  EXPECT_EQ(code_of(scan_bytes(gzip(tar.substr(0, 2048)))), Errc::corrupt);
  EXPECT_EQ(code_of(scan_bytes(gzip(tar.substr(0, 700)))), Errc::corrupt);
}

TEST(Tar, AChangedByteIsFound) {
  auto bytes = build_tar_gz(package());
  bytes[bytes.size() - 6] ^= 1;  // in the gzip trailer's CRC
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Tar, BytesAfterTheEndAreRefused) {
  EXPECT_EQ(code_of(scan_bytes(build_tar_gz(package()) + "junk")), Errc::corrupt);
  EXPECT_EQ(code_of(scan_bytes(gzip(build_tar(package()) + build_tar(package())))), Errc::corrupt);
  EXPECT_TRUE(scan_bytes(build_tar_gz(package()) + std::string(1000, '\0')));
}

TEST(Tar, SeveralGzipMembersAreOneStream) {
  const auto tar = build_tar(package());
  EXPECT_EQ(scan_bytes(gzip(tar.substr(0, 1000)) + gzip(tar.substr(1000))).value().members.size(), 1U);
}

TEST(Tar, NamesThatLeadOutsideAreRefused) {
  for (const auto* path : {"../evil", "pkg/../../evil", "/etc/passwd", "pkg\\..\\evil", "C:/evil"}) {
    EXPECT_EQ(code_of(scan_entries({{.path = path, .bytes = "x"}})), Errc::invalid_argument) << path;
  }
}

TEST(Tar, LinksThatLeadOutsideAreRefused) {
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/l", .bytes = "", .symlink = "../../etc"}})),
            Errc::invalid_argument);
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/l", .bytes = "", .symlink = "/etc"}})),
            Errc::invalid_argument);
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/l", .bytes = "", .symlink = "", .hardlink = "../etc"}})),
            Errc::invalid_argument);
  EXPECT_TRUE(scan_entries({{.path = "pkg/l", .bytes = "", .symlink = "R/a.R"}}));
}

TEST(Tar, MembersBehindALinkAreRefused) {
  EXPECT_EQ(code_of(scan_entries(
                {{.path = "pkg/l", .bytes = "", .symlink = "."}, {.path = "pkg/l/x", .bytes = "x"}})),
            Errc::invalid_argument);
  const BuildEntry text{.path = "pkg/x", .bytes = "x"};
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/x", .symlink = "DESCRIPTION"}, text})),
            Errc::invalid_argument);
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/x", .hardlink = "pkg/DESCRIPTION"}, text})),
            Errc::invalid_argument);
}

TEST(Tar, AStreamOfEmptyGzipMembersIsTooLarge) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += gzip("");
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::too_large);
  EXPECT_TRUE(scan_bytes(build_tar_gz(package()) + gzip("")));
}

TEST(Tar, DevicesAndPipesAreRefused) {
  for (const char type : {'p', 'c'}) {
    EXPECT_EQ(
        code_of(scan_entries({{.path = "pkg/d", .bytes = "", .symlink = "", .hardlink = "", .type = type}})),
        Errc::invalid_argument);
  }
}

TEST(Tar, AWantedMemberMayBeThereOnceAndAsAFile) {
  auto twice = package();
  twice.push_back({.path = "./pkg//DESCRIPTION", .bytes = "Package: other\n"});
  EXPECT_EQ(code_of(scan_entries(twice)), Errc::invalid_argument);
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/DESCRIPTION", .bytes = "", .symlink = "R/a.R"}})),
            Errc::invalid_argument);
}

TEST(Tar, AnOversizedWantedMemberIsTooLarge) {
  EXPECT_EQ(code_of(scan_entries({{.path = "pkg/DESCRIPTION", .bytes = std::string((4 << 20) + 1, 'x')}})),
            Errc::too_large);
}

TEST(Tar, ManyMembersAreTooLarge) {
  Limits limits;
  limits.entries = 2;
  EXPECT_EQ(code_of(scan_bytes(build_tar_gz(package()), limits)), Errc::too_large);
}

/// Zeros that are there without memory: ten gigabytes of them, packed, are ten megabytes.
class ZeroBomb final : public ByteSource {
 public:
  ZeroBomb() : head_(gzip(std::string(10 << 20, '\0'))) {}
  std::uint64_t size() const noexcept override { return head_.size() * 1000; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset >= size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset % head_.size());
    const auto n = std::min(out.size(), head_.size() - at);
    std::copy_n(as_bytes(head_).begin() + static_cast<std::ptrdiff_t>(at), n, out.begin());
    return n;
  }

 private:
  std::string head_;
};

TEST(Tar, ABombIsStoppedEarly) {
  const ZeroBomb bomb;
  const auto got = scan(test_context(), bomb, Format::tar_gz, {}, [](std::string_view) { return false; });
  EXPECT_EQ(code_of(got), Errc::too_large);
}

TEST(Tar, MoreThanTheTotalIsTooLarge) {
  Limits limits;
  limits.total_bytes = 2000;
  EXPECT_EQ(code_of(scan_bytes(build_tar_gz(package()), limits)), Errc::too_large);
}

TEST(Detect, TellsByContent) {
  EXPECT_EQ(detect(MemorySource(build_tar_gz(package()))).value(), Format::tar_gz);
  EXPECT_EQ(detect(MemorySource(build_zip(package()))).value(), Format::zip);
  EXPECT_EQ(detect(MemorySource("")).error().message(), "the file is empty");
  EXPECT_EQ(detect(MemorySource("BZh91AY")).error().message(), "the file is packed by bzip2, not by gzip");
  EXPECT_EQ(detect(MemorySource("<html>")).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::archive
