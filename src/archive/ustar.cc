#include "archive/ustar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace granary::archive {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kName = 100, kPrefix = 155;
constexpr std::size_t kSizeAt = 124, kSizeLength = 12, kSumAt = 148, kSumLength = 8, kTypeAt = 156,
                      kMagicAt = 257, kPrefixAt = 345;
constexpr std::uint64_t kOctalEnd = std::uint64_t{1} << 33;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 50;

unsigned sum_of(std::string_view head) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= kSumAt && i < kSumAt + kSumLength ? ' ' : static_cast<unsigned char>(head[i]);
  return sum;
}

std::optional<std::uint64_t> octal(std::string_view text) {
  text = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '7' || value > kLargest) return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(value);
}

std::optional<std::uint64_t> size_of(std::string_view field) {
  if (static_cast<unsigned char>(field[0]) != 0x80) return octal(field);
  std::uint64_t value = 0;
  for (const char c : field.substr(1)) {
    if (value > kLargest) return std::nullopt;
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

std::string_view text_at(std::string_view head, std::size_t at, std::size_t length) {
  const auto field = head.substr(at, length);
  return field.substr(0, field.find('\0'));
}

tl::unexpected<Error> damaged(std::uint64_t at, const char* how) {
  return fail(Errc::corrupt, fmt::format("the archive is damaged at byte {}: {}", at, how),
              "copy it again from where it was made");
}

}  // namespace

std::string ustar_head(std::string_view path, std::uint64_t size) {
  std::string head(kBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { head.replace(at, text.size(), text); };
  auto name = path;
  std::string_view prefix;
  if (const auto slash = path.rfind('/'); path.size() > kName && slash != path.npos) {
    prefix = path.substr(0, std::min(slash, kPrefix));
    name = path.substr(slash + 1);
  }
  if (name.size() > kName) name.remove_prefix(name.size() - kName);
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  if (size < kOctalEnd) {
    put(kSizeAt, fmt::format("{:011o}", size));
  } else {
    head[kSizeAt] = '\x80';
    for (std::size_t i = 0; i < 8; ++i)
      head[kSizeAt + kSizeLength - 1 - i] = static_cast<char>(size >> (8 * i) & 0xFF);
  }
  put(136, "00000000000");  // its bytes are what counts: the same bundle twice is the same
  head[kTypeAt] = '0';
  put(kMagicAt, std::string_view("ustar\00000", 8));
  put(kPrefixAt, prefix);
  put(kSumAt, fmt::format("{:06o}", sum_of(head)) + std::string("\0 ", 2));
  return head;
}

std::string ustar_padding(std::uint64_t size) {
  return std::string(static_cast<std::size_t>((kBlock - size % kBlock) % kBlock), '\0');
}

std::string ustar_end() { return std::string(2 * kBlock, '\0'); }

Result<std::optional<UstarMember>> read_ustar(const ByteSource& archive, std::uint64_t at) {
  std::array<char, kBlock> block{};
  std::size_t have = 0;
  while (have < kBlock) {
    const auto got = TRY(archive.read_at(at + have, std::as_writable_bytes(std::span(block).subspan(have))));
    if (got == 0) break;
    have += got;
  }
  if (have < kBlock) return damaged(at + have, "it ends before its end");
  const std::string_view head(block.data(), kBlock);
  if (head.find_first_not_of('\0') == head.npos) return std::optional<UstarMember>();
  if (octal(head.substr(kSumAt, kSumLength)) != sum_of(head)) return damaged(at, "the checksum is wrong");
  if (text_at(head, kMagicAt, 5) != "ustar") return damaged(at, "it is no ustar");
  if (head[kTypeAt] != '0' && head[kTypeAt] != '\0') return damaged(at, "there is something that is no file");
  const auto size = size_of(head.substr(kSizeAt, kSizeLength));
  const auto whole = archive.size();
  if (!size || *size > kLargest) return damaged(at, "a size is none");
  UstarMember member;
  member.path = text_at(head, kPrefixAt, kPrefix);
  if (!member.path.empty()) member.path += '/';
  member.path += text_at(head, 0, kName);
  member.offset = at + kBlock;
  member.size = *size;
  member.next = member.offset + *size + (kBlock - *size % kBlock) % kBlock;
  if (member.next > whole) return damaged(whole, ("it ends within " + member.path.substr(0, 200)).c_str());
  return std::optional(std::move(member));
}

Result<std::size_t> PartOfSource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size_) return std::size_t{0};
  return whole_->read_at(
      offset_ + offset,
      out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset))));
}

}  // namespace granary::archive
