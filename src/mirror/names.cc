#include "mirror/names.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "catalog/mirror_keys.h"
#include "mirror/clear.h"
#include "mirror/project.h"
#include "python/name.h"
#include "upstream/pypi.h"

namespace granary::mirror {
namespace {

constexpr std::size_t kNamesPerWrite = 20'000;  // some 100 ms: so long does an upload wait
/// An upstream that forgets more than half of its projects at once is broken, not honest.
constexpr std::size_t kFewNames = 20;

/// Names without a string each: 880,000 of them in some 30 MB.
class NameList {
 public:
  void add(std::string_view name, std::string_view shown, std::int64_t serial) {
    entries_.push_back({text_.size(), static_cast<std::uint16_t>(name.size()),
                        static_cast<std::uint16_t>(shown.size()), serial});
    text_.append(name).append(shown);
  }
  std::size_t size() const noexcept { return entries_.size(); }
  std::string_view name(std::size_t i) const noexcept {
    return std::string_view(text_).substr(entries_[i].at, entries_[i].name);
  }
  std::string_view shown(std::size_t i) const noexcept {
    return std::string_view(text_).substr(entries_[i].at + entries_[i].name, entries_[i].shown);
  }
  std::int64_t serial(std::size_t i) const noexcept { return entries_[i].serial; }

  /// By name, each once. Most upstreams have them so already.
  void sort() {
    const std::string_view text(text_);
    const auto name_of = [&](const Entry& e) { return text.substr(e.at, e.name); };
    const auto before = [&](const Entry& a, const Entry& b) { return name_of(a) < name_of(b); };
    if (!std::is_sorted(entries_.begin(), entries_.end(), before))
      std::stable_sort(entries_.begin(), entries_.end(), before);
    entries_.erase(std::unique(entries_.begin(), entries_.end(),
                               [&](const Entry& a, const Entry& b) { return name_of(a) == name_of(b); }),
                   entries_.end());
  }

 private:
  struct Entry {
    std::size_t at;
    std::uint16_t name, shown;
    std::int64_t serial;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

struct Difference {
  std::vector<std::size_t> changed;  // of the listed: new, or with another serial or spelling
  std::vector<std::string> gone;
  std::uint64_t known = 0;
};

Result<Difference> compare(const Parts& parts, const Context& ctx, model::SourceId source,
                           const NameList& listed) {
  Difference difference;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    difference = {};
    std::size_t i = 0;
    // Everything that is there now, also what an interrupted synchronisation left.
    TRY(view.mirrors().for_each_name(source, model::TxNo{INT64_MAX - 1},
                                     [&](const catalog::UpstreamName& known) -> Result<> {
                                       ++difference.known;
                                       for (; i < listed.size() && listed.name(i) < known.name; ++i)
                                         difference.changed.push_back(i);
                                       if (i == listed.size() || listed.name(i) != known.name) {
                                         difference.gone.push_back(known.name);
                                         return {};
                                       }
                                       if (listed.serial(i) != known.serial || listed.shown(i) != known.shown)
                                         difference.changed.push_back(i);
                                       ++i;
                                       return {};
                                     }));
    for (; i < listed.size(); ++i) difference.changed.push_back(i);
    return {};
  }));
  return difference;
}

std::vector<catalog::UpstreamName> batch_of(const NameList& listed, const std::vector<std::size_t>& changed,
                                            std::size_t from, std::size_t count) {
  std::vector<catalog::UpstreamName> batch;
  batch.reserve(count);
  for (std::size_t i = from; i < from + count; ++i)
    batch.push_back({std::string(listed.name(changed[i])), std::string(listed.shown(changed[i])),
                     listed.serial(changed[i])});
  return batch;
}

Result<> check_believable(const model::Source& source, const NameList& listed, const Difference& difference) {
  if (difference.known < kFewNames || difference.gone.size() <= difference.known / 2) return {};
  return fail(
      Errc::corrupt,
      "the index lists only " + std::to_string(listed.size()) + " of the " +
          std::to_string(difference.known) + " projects that it had",
      "is '" + source.name + "' still the same index? if so, clear the source and synchronise it again");
}

Result<model::TxNo> finish(const Parts& parts, const Context& ctx, const model::Source& source,
                           const upstream::ProjectListAnswer& answer,
                           const std::vector<catalog::UpstreamName>& last, const Difference& difference,
                           Time begun, const std::string& epoch) {
  model::TxNo number;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    TRY(check_epoch(view.mirrors(), source.id, epoch));
    auto& mirror = view.mirroring();
    if (!difference.changed.empty() || !difference.gone.empty()) {
      number = TRY(mirror.begin_sync(source.id, model::TxKind::sync, begun, "sync", ""));
      TRY(mirror.put_names(source.id, last, number));
      for (const auto& name : difference.gone) {
        TRY(mirror.end_name(source.id, name, number));
        TRY(end_project(view, source.id, name, number, begun));
      }
    }
    const auto micros = std::to_string(begun.time_since_epoch().count());
    TRY(mirror.set_state(source.id, kNamesEtag, answer.etag));
    TRY(mirror.set_state(source.id, kNamesSerial, std::to_string(answer.serial)));
    TRY(mirror.set_state(source.id, catalog::kNamesKnown, "1"));
    return mirror.set_state(source.id, "synced_until", micros);
  }));
  return number;
}

}  // namespace

Result<Synced> sync_names(const Parts& parts, const Context& ctx, const model::Source& source,
                          const Progress& progress) {
  const Time begun = parts.clock->now();
  const auto client = TRY(parts.clients->of(ctx, source));
  std::string etag, epoch;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    etag = TRY(view.mirrors().state(source.id, kNamesEtag));
    epoch = TRY(read_epoch(view.mirrors(), source.id));
    return {};
  }));
  progress({"fetching the list of projects", 0, 0});
  NameList listed;
  const auto answer =
      TRY(upstream::fetch_project_list(ctx, *client, etag, [&](std::string_view name, std::int64_t serial) {
        listed.add(python::normalize_name(name), name, serial);
        return Result<>();
      }));
  Synced synced;
  if (answer.not_modified) {
    TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) {
      return view.mirroring().set_state(source.id, "synced_until",
                                        std::to_string(begun.time_since_epoch().count()));
    }));
    return synced;
  }
  listed.sort();
  const auto difference = TRY(compare(parts, ctx, source.id, listed));
  TRY(check_believable(source, listed, difference));
  const auto total = difference.changed.size();
  std::size_t done = 0;
  for (; total - done > kNamesPerWrite; done += kNamesPerWrite) {
    TRY(ctx.check());
    progress({"writing the list of projects", done, total});
    const auto batch = batch_of(listed, difference.changed, done, kNamesPerWrite);
    TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      TRY(check_epoch(view.mirrors(), source.id, epoch));
      const auto number = TRY(view.mirroring().take_number());
      return view.mirroring().put_names(source.id, batch, number);
    }));
  }
  const auto last = batch_of(listed, difference.changed, done, total - done);
  synced.transaction = TRY(finish(parts, ctx, source, answer, last, difference, begun, epoch));
  synced.packages = total + difference.gone.size();
  synced.removed = difference.gone.size();
  progress({"done", total, total});
  return synced;
}

}  // namespace granary::mirror
