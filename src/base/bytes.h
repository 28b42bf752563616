#pragma once
/// Bytes in motion, and the name of bytes at rest.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace granary {

using ByteSpan = std::span<const std::byte>;

inline ByteSpan as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hex(ByteSpan bytes);
std::optional<std::string> unhex(std::string_view text);
std::string base64(ByteSpan bytes);
std::optional<std::string> unbase64(std::string_view text);  // standard alphabet, padding optional

/// SHA-256: the name under which bytes are stored.
struct Digest {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
  std::string hex() const { return granary::hex(bytes); }
  static std::optional<Digest> parse(std::string_view hex);
};

/// A stream that is read once, by one thread.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Fills a prefix of `out`; 0 means the end was reached.
  virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

/// Bytes of known size that can be read again and at any place. Safe for concurrent use.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const noexcept = 0;
  /// Fills a prefix of `out` from `offset`; 0 means at or past the end.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const = 0;
  /// The bytes themselves when they are in memory.
  virtual std::optional<ByteSpan> in_memory() const noexcept { return std::nullopt; }
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const noexcept override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;
  std::optional<ByteSpan> in_memory() const noexcept override { return as_bytes(bytes_); }

 private:
  std::string bytes_;
};

/// Part of another source, which must outlive it.
class SliceSource final : public ByteSource {
 public:
  SliceSource(const ByteSource& whole, std::uint64_t offset, std::uint64_t size)
      : whole_(&whole), offset_(offset), size_(size) {}
  std::uint64_t size() const noexcept override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;
  std::optional<ByteSpan> in_memory() const noexcept override;

 private:
  const ByteSource* whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

/// Calls `sink` with successive chunks of `source` (at most 256 KB each) until the end or an error.
Result<> for_each_chunk(const ByteSource& source, const std::function<Result<>(ByteSpan)>& sink);

}  // namespace granary

template <>
struct std::hash<granary::Digest> {
  std::size_t operator()(const granary::Digest& d) const noexcept {
    std::size_t h;
    __builtin_memcpy(&h, d.bytes.data(), sizeof h);
    return h;
  }
};
