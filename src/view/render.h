#pragma once
/// A rendered body with its encodings.

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace granary::view {

/// Safe for concurrent use. Made once per fingerprint and kept in a bounded cache. Huge ones, such as the
/// list of all of PyPI, are encoded at once and kept encoded only: a tenth of the memory, and hardly anybody
/// asks for them as they are.
class Rendered {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  Rendered(std::string body, bool compressible);

  /// Of a huge one decoded anew, unless somebody still has it.
  Bytes identity() const;
  /// Without the encoding's suffix, no quotes.
  const std::string& etag() const noexcept { return etag_; }
  bool compressible() const noexcept { return compressible_; }
  /// Null when it would not be smaller, or when the body is not compressible. Made by the first who asks.
  const Bytes& gzip() const;
  const Bytes& zstd() const;
  /// In memory, with the encodings that may come yet.
  std::size_t weight() const noexcept;

 private:
  struct Encodings {
    std::once_flag gzip_once, zstd_once;
    Bytes gzip, zstd;
    std::mutex mutex;
    std::weak_ptr<const std::string> decoded;
  };
  Bytes identity_;  // null: the encoding has it
  std::size_t size_;
  std::string etag_;
  bool compressible_;
  std::unique_ptr<Encodings> encodings_ = std::make_unique<Encodings>();
};

}  // namespace granary::view
