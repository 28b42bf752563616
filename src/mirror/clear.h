#pragma once
/// Forgetting all that is known of an upstream, while others read and synchronise it.

#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

/// See Mirrors::clear. A transaction of the source, so that what was rendered of it is not shown on; every
/// node hears of it (catalog::cleared_topic).
Result<> clear(const Parts&, const Context&, model::SourceId);

/// Changes when the source is cleared: work that compares with what was known reads it first, and checks in
/// the transaction that writes. Errc::conflict: what was compared with is gone.
Result<std::string> read_epoch(catalog::MirrorReads&, model::SourceId);
Result<> check_epoch(catalog::MirrorReads&, model::SourceId, const std::string& before);

}  // namespace granary::mirror
