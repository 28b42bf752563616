#include "archive/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace granary::archive {

namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr int kMostEmptyMembers = 100;  // bgzip ends in one
constexpr int kGzipOnly = 15 + 16;

class GunzipReader final : public ByteReader {
 public:
  GunzipReader(const Context& ctx, const ByteSource& packed, const Limits& limits)
      : ctx_(&ctx), packed_(&packed), limits_(limits), input_(kChunk) {}
  ~GunzipReader() override {
    if (ready_) inflateEnd(&stream_);
  }
  GunzipReader(const GunzipReader&) = delete;
  GunzipReader& operator=(const GunzipReader&) = delete;

  Result<> start() {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK)
      return fail(Errc::internal, "cannot start the gzip reader");
    ready_ = true;
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (ended_ || out.empty()) return std::size_t{0};
    const auto size = std::min(out.size(), std::size_t{1} << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (stream_.avail_in == 0 && !TRY(refill())) {
        return fail(Errc::corrupt, "the gzip stream ends before its end: the file is truncated",
                    "upload the whole file again");
      }
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        if (!TRY(next_member())) {
          ended_ = true;
          break;
        }
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return fail(Errc::corrupt, "the gzip stream is damaged", "upload the file again from its original");
      }
    }
    const auto got = size - stream_.avail_out;
    produced_ += got;
    TRY(check_limits());
    return got;
  }

 private:
  /// False at the end of the packed bytes.
  Result<bool> refill() {
    TRY(ctx_->check());
    const auto got = TRY(packed_->read_at(offset_, input_));
    offset_ += got;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  /// True when another member follows.
  Result<bool> next_member() {
    if (stream_.total_out == 0 && ++empty_members_ > kMostEmptyMembers)
      return fail(Errc::too_large, "the gzip stream is made of empty parts",
                  "compress the archive again with gzip");
    bool padded = false;
    for (;;) {
      while (stream_.avail_in > 0 && *stream_.next_in == 0) {
        padded = true;
        ++stream_.next_in;
        --stream_.avail_in;
      }
      if (stream_.avail_in > 0) break;
      if (!TRY(refill())) return false;
    }
    // Readers of the world disagree about what comes after padding, and a member always begins with 0x1f.
    if (padded || *stream_.next_in != 0x1f) {
      return fail(Errc::corrupt, "there are bytes after the end of the gzip stream",
                  "upload the file again from its original");
    }
    if (inflateReset(&stream_) != Z_OK) return fail(Errc::internal, "cannot go on with the gzip reader");
    return true;
  }

  Result<> check_limits() const {
    if (produced_ > limits_.total_bytes) {
      return fail(Errc::too_large, "the archive unpacks to more than " + human_size(limits_.total_bytes),
                  "split the package, or leave large data out of it");
    }
    const auto consumed = offset_ - stream_.avail_in;
    if (produced_ > limits_.ratio_from && produced_ / limits_.ratio > consumed) {
      return fail(Errc::too_large,
                  "the archive unpacks to more than " + std::to_string(limits_.ratio) + " times its size",
                  "leave files out that are almost nothing but repetition, such as empty disk images");
    }
    return {};
  }

  const Context* ctx_;
  const ByteSource* packed_;
  Limits limits_;
  std::vector<std::byte> input_;
  z_stream stream_{};
  std::uint64_t offset_ = 0, produced_ = 0;
  int empty_members_ = 0;
  bool ready_ = false, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteReader>> gunzip_reader(const Context& ctx, const ByteSource& packed,
                                                  const Limits& limits) {
  auto reader = std::make_unique<GunzipReader>(ctx, packed, limits);
  TRY(reader->start());
  return reader;
}

}  // namespace granary::archive
