#pragma once
/// When sources are synchronised by themselves: at the times of the settings, and at once when they never
/// were.

#include <optional>
#include <string>

#include "mirror/parts.h"

namespace granary::mirror {

/// Of the type in `schedules`: cron text; empty: never.
const std::string& setting_of(const SyncSchedules& schedules, model::SourceType type);
/// The cron text for a source: the setting, or, for "auto", a minute of its own, so that not every server
/// asks an upstream at the same time: once a day, PyPI every six hours, since a project that is new there is
/// unknown until then. The same on every node. Empty: never.
std::string sync_cron(const std::string& setting, const model::Source& source);
/// Errc::invalid_argument names the setting: "CRAN.SyncSchedule: ...".
Result<> check(const SyncSchedules& schedules);

/// The name in jobs::Schedules.
std::string schedule_name(model::SourceId source);

/// Gives every mirror that has an upstream its schedule, removes those of sources that are gone, and submits
/// the first synchronisation of those that were never synchronised. To be called at start and when sources
/// were made or deleted; any number of nodes may.
Result<> plan_syncs(const Parts&, const Context&);

/// When the source is synchronised next by its schedule; absent: by none.
Result<std::optional<Time>> next_sync(const Parts&, const Context&, model::SourceId);

}  // namespace granary::mirror
