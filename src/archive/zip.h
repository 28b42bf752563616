#pragma once
/// zip (PKWARE APPNOTE 6.3.10, with zip64): the central directory, checked against the local headers and the
/// file.

#include "archive/scan.h"

namespace granary::archive {

/// scan() for zip. The archive must be exactly its members, one after the other from the first byte, its
/// directory and its end record: no gaps, no overlaps, no duplicates, stored or deflated members only.
Result<Scan> scan_zip(const Context&, const ByteSource& archive, const Limits&,
                      const std::function<bool(std::string_view path)>& wanted);

}  // namespace granary::archive
