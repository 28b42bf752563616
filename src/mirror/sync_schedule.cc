#include "mirror/sync_schedule.h"

#include <array>
#include <set>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "jobs/cron.h"
#include "jobs/policy.h"
#include "mirror/notes.h"
#include "mirror/sync_job.h"

namespace granary::mirror {
namespace {

constexpr std::string_view kPrefix = "sync:", kAuto = "auto";
constexpr int kHoursOfPyPI = 6;

/// Differs between sources and between servers, and not between nodes.
unsigned chance_of(const model::Source& source) {
  const auto text =
      std::to_string(source.id.value) + " " + std::to_string(source.created_at.time_since_epoch().count());
  const auto digest = sha256(as_bytes(text));
  unsigned number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | std::to_integer<unsigned>(digest.bytes[i]);
  return number;
}

struct Mirrored {
  model::Source source;
  bool synced = false;
};

Result<std::vector<Mirrored>> mirrors(const Parts& parts, const Context& ctx) {
  std::vector<Mirrored> all;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    all.clear();
    for (auto& source : TRY(view.sources())) {
      if (!model::is_mirror(source.type) || is_offline(source)) continue;
      const bool synced = !TRY(view.mirrors().state(source.id, kSyncedAt)).empty();
      all.push_back({std::move(source), synced});
    }
    return {};
  }));
  return all;
}

/// Sources whose job waits or runs; not those whose last attempt failed, which starting anew hurries up.
Result<std::set<std::int64_t>> syncs_under_way(const Parts& parts, const Context& ctx) {
  const auto kind = sync_job({}).kind;
  std::set<std::int64_t> sources;
  for (const auto state : {jobs::State::waiting, jobs::State::running}) {
    for (const auto& job : TRY(parts.queue->list(ctx, {.kind = kind, .state = state}))) {
      if (!jobs::waits_to_retry(job)) sources.insert(job.spec.source);
    }
  }
  return sources;
}

}  // namespace

const std::string& setting_of(const SyncSchedules& schedules, model::SourceType type) {
  switch (type) {
    case model::SourceType::pypi:
      return schedules.pypi;
    case model::SourceType::bioconductor:
      return schedules.bioconductor;
    case model::SourceType::cran:
    case model::SourceType::local:
    case model::SourceType::local_python:
    case model::SourceType::cran_snapshot:
    case model::SourceType::git:
    case model::SourceType::git_python:
      break;
  }
  return schedules.cran;
}

std::string sync_cron(const std::string& setting, const model::Source& source) {
  if (!equals_ignore_case(trim(setting), kAuto)) return std::string(trim(setting));
  const auto chance = chance_of(source);
  const auto minute = std::to_string(chance % 60);
  if (source.type != model::SourceType::pypi)
    return minute + " " + std::to_string(chance / 60 % 24) + " * * *";
  // "1-23/6": at 1, 7, 13 and 19.
  return minute + " " + std::to_string(chance / 60 % kHoursOfPyPI) + "-23/" + std::to_string(kHoursOfPyPI) +
         " * * *";
}

Result<> check(const SyncSchedules& schedules) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> all = {
      {{"CRAN", &schedules.cran}, {"PyPI", &schedules.pypi}, {"Bioconductor", &schedules.bioconductor}}};
  for (const auto& [section, text] : all) {
    if (trim(*text).empty() || equals_ignore_case(trim(*text), kAuto)) continue;
    if (const auto cron = jobs::Cron::parse(*text); !cron)
      return fail(Errc::invalid_argument, std::string(section) + ".SyncSchedule: " + cron.error().message(),
                  cron.error().hint());
  }
  return {};
}

std::string schedule_name(model::SourceId source) {
  return std::string(kPrefix) + std::to_string(source.value);
}

Result<> plan_syncs(const Parts& parts, const Context& ctx) {
  if (!parts.queue || !parts.schedules) return {};
  const auto under_way =
      TRY(syncs_under_way(parts, ctx));  // first: what ends meanwhile is seen in the sources
  const auto sources = TRY(mirrors(parts, ctx));
  for (const auto& [source, synced] : sources) {
    if (!synced && !under_way.contains(source.id.value)) TRY(parts.queue->submit(ctx, sync_job(source.id)));
  }
  auto defined = TRY(parts.schedules->list(ctx));
  std::erase_if(defined, [](const jobs::Scheduled& one) { return !one.schedule.name.starts_with(kPrefix); });
  for (const auto& one : sources) {
    const auto& source = one.source;
    const auto name = schedule_name(source.id);
    const auto cron = sync_cron(setting_of(parts.sync_schedules, source.type), source);
    if (!cron.empty()) {
      TRY(parts.schedules->define(ctx, {name, cron, sync_job(source.id)}));
      std::erase_if(defined, [&](const jobs::Scheduled& known) { return known.schedule.name == name; });
    }
  }
  for (const auto& one : defined) TRY(parts.schedules->undefine(ctx, one.schedule.name));
  return {};
}

Result<std::optional<Time>> next_sync(const Parts& parts, const Context& ctx, model::SourceId source) {
  if (!parts.schedules) return std::nullopt;
  for (const auto& one : TRY(parts.schedules->list(ctx))) {
    if (one.schedule.name == schedule_name(source)) return one.next_at;
  }
  return std::nullopt;
}

}  // namespace granary::mirror
