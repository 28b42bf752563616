#pragma once
/// A rendered body with its encodings.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace granary::view {

/// Of large bodies only: `quick` is for what is made while somebody waits for it, and takes a third of the
/// time for a fifth more bytes of gzip.
enum class Packing : std::uint8_t { thorough, quick };

/// Safe for concurrent use. Made once per fingerprint and kept in a bounded cache. Huge ones, such as the
/// list of all of PyPI, are encoded at once and kept encoded only: a tenth of the memory, and hardly anybody
/// asks for them as they are.
class Rendered {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  Rendered(std::string body, bool compressible, Packing packing = Packing::thorough);
  /// As parts() gave it.
  struct Parts {
    std::string etag{};
    std::uint64_t size = 0;  // of the body
    bool compressible = false;
    Bytes identity{};  // null: zstd has it
    Bytes gzip{}, zstd{};
  };
  /// Errc::corrupt when zstd is not a body of that size.
  static Result<Rendered> from(Parts parts);
  /// All encodings are made for it; the body itself is there only when there is no zstd.
  Parts parts() const;

  /// Of a huge one decoded anew, unless somebody still has it.
  Bytes identity() const;
  /// Names these bytes, whenever and wherever they are made: no quotes. Made by the first who asks, like the
  /// encodings, each of which has one of its own: hashing a large page takes longer than making it.
  const std::string& etag() const;
  /// Empty where there is no such encoding.
  const std::string& gzip_etag() const;
  const std::string& zstd_etag() const;
  /// Of the body, in bytes.
  std::size_t size() const noexcept { return size_; }
  bool compressible() const noexcept { return compressible_; }
  /// Null when it would not be smaller, or when the body is not compressible. Made by the first who asks.
  const Bytes& gzip() const;
  const Bytes& zstd() const;
  /// In memory, with the encodings that may come yet.
  std::size_t weight() const noexcept;

 private:
  Rendered() = default;
  struct Encodings {
    std::once_flag etag_once, gzip_once, zstd_once;
    std::string etag, gzip_etag, zstd_etag;
    Bytes gzip, zstd;
    std::mutex mutex;
    std::weak_ptr<const std::string> decoded;
    void set_gzip(Bytes bytes);
    void set_zstd(Bytes bytes);
  };
  Bytes identity_;  // null: the encoding has it
  std::size_t size_ = 0;
  bool compressible_ = false;
  Packing packing_ = Packing::thorough;
  std::unique_ptr<Encodings> encodings_ = std::make_unique<Encodings>();
};

}  // namespace granary::view
