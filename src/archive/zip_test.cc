#include "archive/zip.h"

#include <gtest/gtest.h>

#include "archive/testing/build_archive.h"
#include "base/testing/test_context.h"

namespace granary::archive {
namespace {

Result<Scan> scan_bytes(std::string bytes, const Limits& limits = {}) {
  const MemorySource source(std::move(bytes));
  return scan(test_context(), source, Format::zip, limits,
              [](std::string_view path) { return path.ends_with(".dist-info/METADATA"); });
}

Errc code_of(const Result<Scan>& got) { return got ? Errc::internal : got.error().code(); }

std::string wheel() {
  return build_zip({{.path = "pkg/__init__.py", .bytes = std::string(5000, 'x')},
                    {.path = "pkg-1.0.dist-info/METADATA", .bytes = "Name: pkg\n"},
                    {.path = "pkg-1.0.dist-info/RECORD", .bytes = ""}});
}

/// The offset of the n-th (from 0) occurrence of a record's signature.
std::size_t find_record(const std::string& bytes, std::string_view signature, int n = 0) {
  auto at = bytes.find(signature);
  while (n-- > 0) at = bytes.find(signature, at + 1);
  return at;
}

void put32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
}

constexpr std::string_view kCentral = "PK\x01\x02", kLocal = "PK\x03\x04", kEnd = "PK\x05\x06";

TEST(Zip, GivesTheWantedMember) {
  const auto got = scan_bytes(wheel()).value();
  ASSERT_EQ(got.members.size(), 1U);
  EXPECT_EQ(got.members[0].path, "pkg-1.0.dist-info/METADATA");
  EXPECT_EQ(got.members[0].bytes, "Name: pkg\n");
  EXPECT_EQ(got.entries, 3U);
  EXPECT_EQ(got.total_bytes, 5010U);
  EXPECT_EQ(got.tops, (std::vector<std::string>{"pkg", "pkg-1.0.dist-info"}));
}

/// The wide end record and its locator put before the plain one, which keeps its numbers: what Python writes
/// from 2 GiB on.
std::string with_wide_end(std::string bytes) {
  const auto end = bytes.rfind(kEnd);
  const auto number = [](std::uint64_t value, int size) {
    std::string out;
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
    return out;
  };
  const std::string entries = bytes.substr(end + 10, 2) + std::string(6, '\0');
  const std::string place = bytes.substr(end + 12, 4) + std::string(4, '\0') + bytes.substr(end + 16, 4) +
                            std::string(4, '\0');  // size, offset
  std::string wide = std::string("PK\x06\x06") + number(44, 8) + number(45, 2) + number(45, 2) +
                     number(0, 4) + number(0, 4) + entries + entries + place;
  wide += std::string("PK\x06\x07") + number(0, 4) + number(end, 8) + number(1, 4);
  return bytes.insert(end, wide);
}

TEST(Zip, AWideEndRecordBesideAPlainOneIsRead) {
  const auto got = scan_bytes(with_wide_end(wheel()));
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->entries, 3U);
  auto liar = with_wide_end(wheel());
  liar[liar.rfind(kEnd) + 10] = 2;  // another count of members for readers of the plain one
  EXPECT_EQ(code_of(scan_bytes(liar)), Errc::corrupt);
}

TEST(Zip, EveryTruncationIsFound) {
  const auto whole = wheel();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(code_of(scan_bytes(whole.substr(0, size))), Errc::corrupt) << size;
  }
}

TEST(Zip, BytesBeforeAndAfterAreRefused) {
  EXPECT_EQ(code_of(scan_bytes("#!/bin/sh\n" + wheel())), Errc::corrupt);
  EXPECT_EQ(code_of(scan_bytes(wheel() + "x")), Errc::corrupt);
  EXPECT_EQ(code_of(scan_bytes(wheel() + wheel())), Errc::corrupt);
}

TEST(Zip, NamesThatLeadOutsideAreRefused) {
  for (const auto* path : {"../evil", "pkg/../../evil", "/etc/passwd", "pkg\\..\\evil", "C:/evil"}) {
    EXPECT_EQ(code_of(scan_bytes(build_zip({{.path = path, .bytes = "x"}}))), Errc::invalid_argument) << path;
  }
}

TEST(Zip, LinksAreRefused) {
  EXPECT_EQ(code_of(scan_bytes(build_zip({{.path = "l", .bytes = "", .symlink = "x"}}))),
            Errc::invalid_argument);
}

TEST(Zip, DuplicatesAreRefused) {
  EXPECT_EQ(code_of(scan_bytes(build_zip({{.path = "a/x", .bytes = "1"}, {.path = "a//x", .bytes = "2"}}))),
            Errc::invalid_argument);
}

TEST(Zip, ADirectoryThatNamesAnotherMemberThanTheLocalHeaderIsRefused) {
  auto bytes = wheel();
  bytes[bytes.find("pkg/__init__", find_record(bytes, kCentral))] = 'q';
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, OverlappingMembersAreRefused) {
  auto bytes = wheel();
  const auto first = find_record(bytes, kCentral);
  put32(bytes, first + 20, 4000);  // packed size, larger than it is
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, SizesBeyondTheFileAreRefused) {
  auto bytes = wheel();
  put32(bytes, find_record(bytes, kCentral) + 20, 0x7fffffff);
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
  bytes = wheel();
  put32(bytes, find_record(bytes, kCentral) + 42, 0x7fffffff);  // offset
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, ALyingUnpackedSizeIsFound) {
  auto bytes = wheel();
  put32(bytes, find_record(bytes, kCentral, 1) + 24, 9);
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, AChangedByteOfAWantedMemberIsFound) {
  auto bytes = wheel();
  const auto at = find_record(bytes, kLocal, 1);
  const auto name = bytes.find("METADATA", at);
  bytes[name + 8 + 32] ^= 1;
  EXPECT_NE(code_of(scan_bytes(bytes)), Errc::internal);
}

TEST(Zip, AMemberWithASecondNameIsRefused) {
  // libarchive's local headers end in an extra field of its own ("ux", 11 bytes): turned into a name in
  // Unicode.
  auto bytes = wheel();
  const auto at = bytes.find("ux\x0b", find_record(bytes, kLocal));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 0x75;
  bytes[at + 1] = 0x70;
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, MoreMembersThanTheEndRecordSaysAreRefused) {
  auto bytes = wheel();
  const auto end = find_record(bytes, kEnd);
  bytes[end + 8] = bytes[end + 10] = 2;
  EXPECT_EQ(code_of(scan_bytes(bytes)), Errc::corrupt);
}

TEST(Zip, AnOversizedWantedMemberIsTooLarge) {
  EXPECT_EQ(code_of(scan_bytes(
                build_zip({{.path = "p-1.dist-info/METADATA", .bytes = std::string((4 << 20) + 1, 'x')}}))),
            Errc::too_large);
}

TEST(Zip, ABombByItsOwnWordIsTooLarge) {
  EXPECT_EQ(code_of(scan_bytes(build_zip({{.path = "zeros", .bytes = std::string(70 << 20, '\0')}}))),
            Errc::too_large);
}

TEST(Zip, AnEmptyArchiveHasNoMembers) { EXPECT_EQ(scan_bytes(build_zip({})).value().entries, 0U); }

TEST(Zip, ManyMembersAreTooLarge) {
  Limits limits;
  limits.entries = 2;
  EXPECT_EQ(code_of(scan_bytes(wheel(), limits)), Errc::too_large);
}

}  // namespace
}  // namespace granary::archive
