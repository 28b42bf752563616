#include "base/bytes.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/append_text.h"

namespace granary {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::size_t copy_at(ByteSpan from, std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= from.size()) return 0;
  const std::size_t n = std::min<std::size_t>(out.size(), from.size() - offset);
  if (n > 0) std::memcpy(out.data(), from.data() + offset, n);
  return n;
}

}  // namespace

std::string hex(ByteSpan bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

void append_hex(std::string& out, ByteSpan bytes) {
  const auto from = out.size();
  out.resize(from + bytes.size() * 2);
  write_hex(out.data() + from, bytes);
}

void write_hex(char* out, ByteSpan bytes) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte b : bytes) {
    *out++ = kDigits[std::to_integer<unsigned>(b) >> 4];
    *out++ = kDigits[std::to_integer<unsigned>(b) & 15];
  }
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string base64(ByteSpan bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kBase64[group >> (18 - 6 * k) & 63];
  }
  return out;
}

std::optional<std::string> unbase64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  if (count == 6) return std::nullopt;  // a lone digit holds no byte
  return out;
}

std::optional<Digest> Digest::parse(std::string_view text) {
  const auto raw = unhex(text);
  if (!raw || raw->size() != 32) return std::nullopt;
  Digest d;
  std::memcpy(d.bytes.data(), raw->data(), 32);
  return d;
}

Result<std::size_t> MemorySource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  return copy_at(as_bytes(bytes_), offset, out);
}

Result<std::size_t> SliceSource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size_) return std::size_t{0};
  return whole_->read_at(offset_ + offset, out.first(std::min<std::uint64_t>(out.size(), size_ - offset)));
}

std::optional<ByteSpan> SliceSource::in_memory() const noexcept {
  const auto whole = whole_->in_memory();
  if (!whole || offset_ + size_ > whole->size()) return std::nullopt;
  return whole->subspan(offset_, size_);
}

Result<> for_each_chunk(const ByteSource& source, const std::function<Result<>(ByteSpan)>& sink) {
  constexpr std::size_t kChunk = 256 * 1024;
  if (const auto bytes = source.in_memory()) {
    for (std::size_t at = 0; at < bytes->size(); at += kChunk)
      TRY(sink(bytes->subspan(at, std::min(kChunk, bytes->size() - at))));
    return {};
  }
  std::vector<std::byte> buffer(kChunk);
  for (std::uint64_t at = 0;;) {
    const std::size_t n = TRY(source.read_at(at, buffer));
    if (n == 0) return {};
    TRY(sink(ByteSpan(buffer).first(n)));
    at += n;
  }
}

}  // namespace granary
