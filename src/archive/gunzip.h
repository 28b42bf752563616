#pragma once
/// gzip (RFC 1952) as a stream, with its checksums checked and bombs stopped.

#include <memory>

#include "archive/scan.h"

namespace granary::archive {

/// Several members are one stream, zero padding at the end is passed over. `ctx` and `packed` must outlive
/// the reader. Errors: corrupt for truncated, damaged or trailing bytes; too_large past limits.total_bytes or
/// limits.ratio.
Result<std::unique_ptr<ByteReader>> gunzip_reader(const Context& ctx, const ByteSource& packed,
                                                  const Limits& limits);

}  // namespace granary::archive
