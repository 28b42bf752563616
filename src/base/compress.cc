#include "base/compress.h"

#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include <map>
#include <memory>

namespace granary {
namespace {

constexpr std::uint64_t kMostZstdRatio = 40'000;  // a block of 128 KB takes 4 bytes

struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
};

}  // namespace

std::string gzip(std::string_view bytes, int level) {
  // Kept per thread: making a compressor costs more than a small page does.
  thread_local std::map<int, std::unique_ptr<libdeflate_compressor, FreeCompressor>> compressors;
  auto& compressor = compressors[level];
  if (!compressor) compressor.reset(libdeflate_alloc_compressor(level));
  GRANARY_ASSERT(compressor);
  const auto most = libdeflate_gzip_compress_bound(compressor.get(), bytes.size());
  const auto room = std::make_unique_for_overwrite<char[]>(most);  // most of which is never touched
  const auto n = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), room.get(), most);
  GRANARY_ASSERT(n > 0);
  return {room.get(), n};
}

std::string zstd(std::string_view bytes, int level) {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  const auto most = ZSTD_compressBound(bytes.size());
  const auto room = std::make_unique_for_overwrite<char[]>(most);
  const auto n = ZSTD_compressCCtx(context.get(), room.get(), most, bytes.data(), bytes.size(), level);
  GRANARY_ASSERT(!ZSTD_isError(n));
  return {room.get(), n};
}

Result<std::string> unzstd(std::string_view bytes, std::size_t limit) {
  const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
    return fail(Errc::corrupt, "not zstd");
  if (size > limit) return fail(Errc::too_large, "expands to more than " + std::to_string(limit) + " bytes");
  // A small input that says much is not believed before it is seen.
  if (size > kMostZstdRatio * bytes.size()) return fail(Errc::corrupt, "not zstd as it is written here");
  std::string out(static_cast<std::size_t>(size), '\0');
  const auto n = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(n) || n != out.size()) return fail(Errc::corrupt, "not zstd, or cut off");
  return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  GRANARY_ASSERT(inflateInit2(&stream, 15 + 16) == Z_OK);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::string chunk(64 * 1024, '\0');
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk, 0, chunk.size() - stream.avail_out);
    if (out.size() > limit)
      return fail(Errc::too_large, "expands to more than " + std::to_string(limit) + " bytes");
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (inflateReset(&stream) != Z_OK) return fail(Errc::corrupt, "not gzip");  // a further member
      continue;
    }
    if (status != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0))
      return fail(Errc::corrupt, "not gzip, or cut off");
  }
}

}  // namespace granary
