#pragma once
/// Brings what is known of an upstream up to date. See Mirrors::sync.

#include "mirror/parts.h"

namespace granary::mirror {

Result<Synced> sync(const Parts&, const Context&, model::SourceId, const Progress&);

}  // namespace granary::mirror
