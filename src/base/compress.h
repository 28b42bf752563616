#pragma once
/// gzip (libdeflate) and zstd of bodies that are in memory, and the bounded way back.

#include <string>
#include <string_view>

#include "base/result.h"

namespace granary {

/// One gzip member, level 6 unless told: 9 is 3 to 11 times slower for 2 %. Same input, same bytes.
std::string gzip(std::string_view bytes, int level = 6);
std::string zstd(std::string_view bytes, int level = 3);
/// Errc::too_large when more than `limit` bytes come out, Errc::corrupt when it is not whole gzip.
Result<std::string> gunzip(std::string_view bytes, std::size_t limit);
/// Of one frame that says its size, as zstd() writes it. The same errors.
Result<std::string> unzstd(std::string_view bytes, std::size_t limit);

}  // namespace granary
