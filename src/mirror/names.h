#pragma once
/// The list of all projects of an index, kept with the serial of each.

#include "mirror/parts.h"

namespace granary::mirror {

// Keys of state.
inline constexpr std::string_view kNamesEtag = "names.etag";
inline constexpr std::string_view kNamesSerial = "names.serial";

/// Part of Mirrors::sync for indexes. Names that are new and serials that changed are written in batches, so
/// that uploads go on meanwhile; they show with the transaction at the end. Killed anywhere, the next one
/// goes on. Projects that vanished are gone from now on, with their files.
Result<Synced> sync_names(const Parts&, const Context&, const model::Source&, const Progress&);

}  // namespace granary::mirror
