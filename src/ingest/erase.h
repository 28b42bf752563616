#pragma once
/// Removing the rows that deleted sources left: see Ingest::erase_deleted.

#include "catalog/remnants.h"
#include "ingest/ingest.h"
#include "ingest/parts.h"

namespace granary::ingest {

/// After a slice that kept writers waiting for `held`: the size of one that takes about kSliceTime.
catalog::SliceSize next_size(const catalog::SliceSize& size, std::chrono::nanoseconds held) noexcept;
inline constexpr std::chrono::milliseconds kSliceTime{100};

Result<std::uint64_t> erase_remnants(Parts&, const Context&, const OnProgress&);

}  // namespace granary::ingest
