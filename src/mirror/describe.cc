#include "mirror/describe.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "mirror/describe_job.h"
#include "mirror/description_head.h"
#include "r/history.h"
#include "r/names.h"
#include "r/tree_name.h"

namespace granary::mirror {
namespace {

/// Past every transaction.
constexpr model::TxNo kNewest{INT64_MAX - 1};
constexpr unsigned kAtOnce = 8;
/// An upstream that fails this often in a row is left alone.
constexpr std::uint64_t kGiveUp = 10;
constexpr std::chrono::minutes kRest{1};
constexpr std::size_t kDaysAsked = 1000;
/// A request waits no longer than that for what would be nice to have.
constexpr std::chrono::seconds kPatience{15};

struct Target {
  const Undescribed* package;
  const Undescribed::Version* version;
  std::optional<Result<DescribedFile>> got;
};

std::vector<std::string> urls_of(const Target& target) {
  const auto& version = *target.version;
  const std::string root = std::string(r::kSourceTree) + '/';
  const auto file = version.file_name.empty() ? r::source_file_name(target.package->package, version.version)
                                              : version.file_name;
  return {root + "Archive/" + target.package->package + '/' + file,
          root + (version.folder.empty() ? "" : version.folder + '/') + file};
}

/// Upstream has said what there is to say.
bool is_final(Errc code) {
  return code == Errc::not_found || code == Errc::corrupt || code == Errc::too_large ||
         code == Errc::invalid_argument || code == Errc::unsupported;
}

std::string least_stanza(const Target& target) {
  return "Package: " + target.package->package + "\nVersion: " + target.version->version + "\n";
}

void fetch_all(const Context& ctx, upstream::Client& client, std::vector<Target>& targets, bool background,
               const std::function<void(std::uint64_t)>& progress) {
  std::atomic<std::size_t> next{0}, done{0}, failures{0};
  std::mutex telling;
  const auto work = [&] {
    for (;;) {
      const auto i = next.fetch_add(1);
      if (i >= targets.size() || failures >= kGiveUp || !ctx.check()) return;
      auto& target = targets[i];
      target.got = fetch_description(ctx, client, urls_of(target), target.package->package,
                                     target.version->version, background);
      const bool answered = *target.got || is_final(target.got->error().code());
      failures = answered ? 0 : failures + 1;
      const auto count = done.fetch_add(1) + 1;
      const std::lock_guard lock(telling);
      progress(count);
    }
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::min<std::size_t>(kAtOnce, targets.size()); ++i) others.emplace_back(work);
  work();
}

/// Into the records as they are now: a synchronisation may have changed them meanwhile.
Result<> write_down(const Parts& parts, const Context& ctx, model::SourceId source,
                    const std::vector<Target>& targets) {
  std::map<std::string_view, std::vector<const Target*>> by_package;
  for (const auto& target : targets) {
    if (target.got && (*target.got || is_final(target.got->error().code())))
      by_package[target.package->package].push_back(&target);
  }
  if (by_package.empty()) return {};
  return parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    std::vector<std::pair<std::string_view, std::string>> changed;
    Time from = Time::max();
    std::size_t versions = 0;
    for (const auto& [package, described] : by_package) {
      const auto record = TRY(view.mirrors().record(source, r::kSourceTree, package, std::nullopt));
      if (!record || record->gone_in) continue;
      auto history = TRY(r::decode_history(record->bytes));
      bool any = false;
      for (const auto* target : described) {
        const auto& got = *target->got;
        if (!r::describe(history, target->version->version, got ? got->stanza : least_stanza(*target),
                         got ? got->size : 0))
          continue;
        any = true;
        ++versions;
        from = std::min(from, target->version->published);
      }
      if (any) changed.emplace_back(package, r::encode(history));
    }
    if (changed.empty()) return {};
    auto& mirror = view.mirroring();
    const auto number =
        TRY(mirror.begin_sync(source, model::TxKind::describe, from, "describe",
                              "read the DESCRIPTION of " + std::to_string(versions) + " old versions"));
    for (const auto& [package, bytes] : changed)
      TRY(mirror.put_record(source, r::kSourceTree, package, bytes, number));
    return {};
  });
}

}  // namespace

Result<std::vector<Undescribed>> list_undescribed(const Parts& parts, const Context& ctx,
                                                  model::SourceId source, std::optional<Time> until) {
  std::vector<std::pair<Time, Undescribed>> found;
  r::HistoryView history;
  std::vector<std::size_t> current;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    found.clear();
    return view.mirrors().for_each_record(
        source, r::kSourceTree, kNewest, [&](const catalog::MirrorRecord& record) -> Result<> {
          TRY(r::decode_history(record.bytes, history));
          if (until) r::current_on(history, until, current);
          std::pair<Time, Undescribed> one;
          std::set<std::string_view> seen;  // of a file that was replaced one is left
          for (std::size_t i = history.versions.size(); i-- > 0;) {
            const auto& version = history.versions[i];
            if (!version.stanza.empty() || !seen.insert(version.version).second) continue;
            if (until && std::find(current.begin(), current.end(), i) == current.end()) continue;
            one.first = std::max(one.first, version.published);
            one.second.versions.push_back({std::string(version.version), std::string(version.file_name),
                                           std::string(version.folder), version.published});
          }
          if (one.second.versions.empty()) return {};
          one.second.package = record.package;
          found.push_back(std::move(one));
          return {};
        });
  }));
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Undescribed> out;
  for (auto& [time, one] : found) out.push_back(std::move(one));
  return out;
}

Result<DescribeDone> describe(const Parts& parts, const Context& ctx, const model::Source& source,
                              const std::vector<Undescribed>& packages, bool background,
                              const std::function<void(std::uint64_t)>& progress) {
  const auto client = TRY(parts.clients->of(ctx, source));
  std::vector<Target> targets;
  for (const auto& package : packages) {
    for (const auto& version : package.versions) targets.push_back({&package, &version, {}});
  }
  fetch_all(ctx, *client, targets, background, progress);
  TRY(write_down(parts, ctx, source.id, targets));
  TRY(ctx.check());
  DescribeDone done;
  for (const auto& target : targets) {
    if (target.got && *target.got) {
      ++done.described;
    } else if (target.got && is_final(target.got->error().code())) {
      ++done.unreadable;
      ctx.log().warn("could not read the DESCRIPTION of an old version",
                     {{"source", source.name},
                      {"package", target.package->package},
                      {"version", target.version->version},
                      {"error", target.got->error().message()}});
    } else {
      ++done.put_off;
      if (target.got && !done.problem) done.problem = target.got->error();
    }
  }
  return done;
}

Result<bool> DescribeOnDemand::want(const Context& ctx, model::SourceId id,
                                    const std::vector<catalog::OnDemand::Version>& few,
                                    std::optional<Time> day) {
  const auto source = TRY(mirror_source(parts_, ctx, id));
  if (source.type != model::SourceType::cran || is_offline(source)) return false;
  if (few.empty()) {
    if (!day) return false;
    {
      const std::lock_guard guard(mutex_);
      if (asked_.size() > kDaysAsked) asked_.clear();
      auto& asked = asked_[{id.value, *day}];
      if (asked != Time{} && parts_.clock->now() < asked + kRest) return false;
      asked = parts_.clock->now();
    }
    TRY(want_day(parts_, ctx, id, *day));
    return false;
  }
  const Context patient = ctx.with_timeout(kPatience);
  const std::unique_lock lock(fetching_, patient.deadline());
  if (!lock.owns_lock()) return false;
  {
    const std::lock_guard guard(mutex_);
    if (resting_until_ && parts_.clock->now() < *resting_until_) return false;
  }
  // Who waited for another who wanted the same finds nothing left to do.
  std::vector<Undescribed> missing;
  bool known_by_now = false;
  TRY(parts_.catalog->read(patient, [&](catalog::ReadView& view) -> Result<> {
    missing.clear();
    for (const auto& one : few) {
      const auto record = TRY(view.mirrors().record(id, r::kSourceTree, one.package, std::nullopt));
      if (!record || record->gone_in) continue;
      const auto history = TRY(r::decode_history(record->bytes));
      Undescribed package{one.package, {}};
      for (const auto& version : history.versions) {
        if (version.version != one.version) continue;
        known_by_now = known_by_now || !version.stanza.empty();
        if (version.stanza.empty() && package.versions.empty())
          package.versions.push_back({version.version, version.file_name, version.folder, version.published});
      }
      if (!package.versions.empty()) missing.push_back(std::move(package));
    }
    return {};
  }));
  if (missing.empty()) return known_by_now;
  const auto done = TRY(describe(parts_, patient, source, missing, false, [](std::uint64_t) {}));
  if (done.put_off > 0) {
    const std::lock_guard guard(mutex_);
    resting_until_ = parts_.clock->now() + kRest;
  }
  return done.described + done.unreadable > 0 || known_by_now;
}

}  // namespace granary::mirror
