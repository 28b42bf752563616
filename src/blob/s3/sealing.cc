#include "blob/s3/sealing.h"

#include <algorithm>
#include <cstring>

namespace granary::blob::s3 {
namespace {

tl::unexpected<Error> changed() {
  return fail(Errc::corrupt, "an encrypted object was changed or cut off", "run: granary verify");
}

}  // namespace

Result<> SealedSource::seal(std::uint64_t number) const {
  std::string plain(segments_.plain_length(number), '\0');
  for (std::size_t at = 0; at < plain.size();) {
    const auto n =
        TRY(content_.read_at(number * kSegment + at, std::as_writable_bytes(std::span(plain)).subspan(at)));
    if (n == 0) return fail(Errc::corrupt, "a file became shorter while it was sent", "send it again");
    at += n;
  }
  sealed_.clear();
  segments_.seal(number, as_bytes(plain), sealed_);
  number_ = number;
  return {};
}

Result<std::size_t> SealedSource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset >= size() || out.empty()) return std::size_t{0};
  const std::lock_guard lock(mutex_);
  std::string_view from = header_;
  if (offset >= kEnvelopeSize) {
    const std::uint64_t number = (offset - kEnvelopeSize) / kSealedSegment;
    if (number != number_) TRY(seal(number));
    from = sealed_;
    offset = (offset - kEnvelopeSize) % kSealedSegment;
  }
  from.remove_prefix(static_cast<std::size_t>(offset));
  const std::size_t n = std::min(out.size(), from.size());
  std::memcpy(out.data(), from.data(), n);
  return n;
}

SegmentOpener::SegmentOpener(const Segments& segments, std::uint64_t offset, std::uint64_t length,
                             const std::function<Result<>(ByteSpan)>& sink)
    : segments_(segments), sink_(sink) {
  offset = std::min(offset, segments.plain_size());
  left_ = std::min(length, segments.plain_size() - offset);
  number_ = std::min(offset / kSegment, segments.count() - 1);
  skip_ = offset - number_ * kSegment;
  // An empty range opens one segment all the same: what is there must be right.
  end_ = left_ == 0 ? number_ + 1 : (offset + left_ - 1) / kSegment + 1;
}

std::uint64_t SegmentOpener::byte_count() const {
  std::uint64_t count = 0;
  if (end_ > number_)
    count = (end_ - number_ - 1) * kSealedSegment + segments_.plain_length(end_ - 1) + AeadKey::kTag;
  return count;
}

Result<> SegmentOpener::write(ByteSpan sealed) {
  while (!sealed.empty()) {
    if (number_ == end_) return changed();  // more than was asked for
    const std::size_t whole = segments_.plain_length(number_) + AeadKey::kTag;
    const std::size_t n = std::min(sealed.size(), whole - sealed_.size());
    sealed_ += as_text(sealed.first(n));
    sealed = sealed.subspan(n);
    if (sealed_.size() == whole) TRY(open_one());
  }
  return {};
}

Result<> SegmentOpener::open_one() {
  plain_.clear();
  if (!segments_.open(number_, as_bytes(sealed_), plain_)) return changed();
  sealed_.clear();
  ++number_;
  auto content =
      as_bytes(plain_).subspan(static_cast<std::size_t>(std::min<std::uint64_t>(skip_, plain_.size())));
  skip_ = 0;
  content = content.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, content.size())));
  left_ -= content.size();
  return content.empty() ? Result<>() : sink_(content);
}

Result<> SegmentOpener::finish() { return number_ == end_ && left_ == 0 ? Result<>() : changed(); }

}  // namespace granary::blob::s3
