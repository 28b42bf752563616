#pragma once
/// How blobs lie in a bucket: as they are (plain_objects.h), or encrypted (sealed_objects.h).

#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/context.h"
#include "blob/blob_store.h"

namespace granary::blob::s3 {

/// Part of a blob or an object: from `offset`, `length` (more than 0) bytes or to the end.
struct Range {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length{};
};

/// Sizes and ranges are those of the content. Safe for concurrent use. Failures: as S3Client's.
class Objects {
 public:
  virtual ~Objects() = default;

  /// Absent when there is none.
  virtual Result<std::optional<BlobInfo>> find(const Context& ctx, const Digest& digest) = 0;
  /// `begin` once with the size of the whole content, before the first byte; then `sink`. Errc::not_found.
  virtual Result<> get(const Context& ctx, const Digest& digest, Range range,
                       const std::function<Result<>(std::uint64_t whole)>& begin,
                       const std::function<Result<>(ByteSpan)>& sink) = 0;
  /// Absent when nobody else could read what lies there.
  virtual Result<std::optional<DirectUrl>> presign(const Context& ctx, const Digest& digest,
                                                   const Presentation& as) = 0;
  virtual Result<> put(const Context& ctx, const Digest& digest, const ByteSource& body) = 0;
  /// Makes it as new without sending it again. Not every store can do it.
  virtual Result<> touch(const Context& ctx, const Digest& digest) = 0;
  /// Removing what is absent succeeds.
  virtual Result<> remove(const Context& ctx, const Digest& digest) = 0;
  /// Each once.
  virtual Result<> for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) = 0;
};

}  // namespace granary::blob::s3
