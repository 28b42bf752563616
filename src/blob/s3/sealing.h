#pragma once
/// Content to sealed object, and back: streams over envelope.h.

#include <functional>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "blob/s3/envelope.h"

namespace granary::blob::s3 {

/// A sealed object, made from its content while it is read. `content` must outlive it. Each segment is always
/// sealed alike, so that a part can be sent again. Safe for concurrent use.
class SealedSource final : public ByteSource {
 public:
  SealedSource(const ByteSource& content, std::string header, Segments segments)
      : content_(content), header_(std::move(header)), segments_(std::move(segments)) {}
  std::uint64_t size() const noexcept override { return sealed_size(segments_.plain_size()); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  Result<> seal(std::uint64_t number) const;

  const ByteSource& content_;
  const std::string header_;
  const Segments segments_;
  mutable std::mutex mutex_;
  mutable std::string sealed_;                 // the segment that was made last
  mutable std::uint64_t number_ = UINT64_MAX;  // its number
};

/// Opens the segments of a range as their bytes come in. Holds one segment at most. One thread.
class SegmentOpener {
 public:
  /// `sink` takes the content from `offset`, `length` bytes or to the end. Bytes begin at first_byte().
  SegmentOpener(const Segments& segments, std::uint64_t offset, std::uint64_t length,
                const std::function<Result<>(ByteSpan)>& sink);
  /// Of the sealed object: where the first segment of the range begins, and how much is needed from there.
  std::uint64_t first_byte() const noexcept { return kEnvelopeSize + number_ * kSealedSegment; }
  std::uint64_t byte_count() const;

  /// Errc::corrupt when a segment is not what was sealed.
  Result<> write(ByteSpan sealed);
  /// Errc::corrupt when segments are missing.
  Result<> finish();

 private:
  Result<> open_one();

  const Segments& segments_;
  const std::function<Result<>(ByteSpan)>& sink_;
  std::uint64_t number_, end_;  // segments still to come
  std::uint64_t skip_, left_;   // of the content
  std::string sealed_, plain_;
};

}  // namespace granary::blob::s3
