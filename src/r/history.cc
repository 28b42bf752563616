#include "r/history.h"

#include <algorithm>
#include <set>

#include "r/names.h"
#include "r/version.h"

namespace granary::r {
namespace {

constexpr Time::duration kStep{1};

template <class A, class B>
bool same_file(const A& a, const B& b) {
  return a.version == b.version && a.folder == b.folder && a.file_name == b.file_name &&
         (a.md5 == b.md5 || a.md5.empty() || b.md5.empty());
}

void sort(std::vector<HistoryVersion>& versions) {
  std::stable_sort(versions.begin(), versions.end(), [](const HistoryVersion& a, const HistoryVersion& b) {
    if (a.published != b.published) return a.published < b.published;
    return compare_versions(a.version, b.version) < 0;
  });
}

class Merge {
 public:
  Merge(const PackageHistory* old, const UpstreamPackage& upstream, Time now, bool first)
      : old_(old), upstream_(upstream), now_(now), first_(first) {
    if (old != nullptr) out_.history = *old;
    out_.history.package = upstream.package;
  }

  Merged run() {
    for (const auto& version : upstream_.archived) add(version);
    sort(out_.history.versions);
    for (const auto& version : upstream_.listed) add_listed(version);
    sort(out_.history.versions);
    for (auto& one : out_.history.withdrawals) close(one);
    for (const auto& absence : upstream_.absences) add_absence(absence);
    std::set<std::string> lines;
    for (const auto& version : out_.history.versions) lines.insert(version.folder);
    for (const auto& line : lines) settle(line);
    return std::move(out_);
  }

 private:
  void touch(Time moment) {
    if (!out_.changed_from || moment < *out_.changed_from) out_.changed_from = moment;
  }

  Time moment_of(const UpstreamPackage::Version& version) const {
    return version.dated ? version.facts.published : first_ ? kAlways : now_;
  }

  HistoryVersion* find(const HistoryVersion& facts) {
    auto& versions = out_.history.versions;
    const auto at = std::find_if(versions.rbegin(), versions.rend(),
                                 [&](const HistoryVersion& held) { return same_file(held, facts); });
    return at == versions.rend() ? nullptr : &*at;
  }

  void add(const UpstreamPackage::Version& version) {
    auto* held = find(version.facts);
    if (held == nullptr) {
      auto fresh = version.facts;
      fresh.published = moment_of(version);
      touch(fresh.published);
      out_.history.versions.push_back(std::move(fresh));
      return;
    }
    auto better = *held;
    if (version.dated && !keeps_its_place(*held, version.facts)) better.published = version.facts.published;
    if (version.facts.size != 0) better.size = version.facts.size;
    if (!version.facts.md5.empty()) better.md5 = version.facts.md5;
    if (!version.facts.stanza.empty()) better.stanza = version.facts.stanza;
    if (better == *held) return;
    touch(std::min(better.published, held->published));
    *held = std::move(better);
  }

  /// Ends it with the first version that was published in the meantime.
  void close(Withdrawal& open) {
    if (open.to) return;
    for (const auto& version : out_.history.versions) {
      if (version.folder != open.folder || version.published <= open.from) continue;
      open.to = version.published;
      touch(*open.to);
      return;
    }
  }

  /// Unless it was seen already.
  void add_absence(const Withdrawal& absence) {
    const auto until = [](const Withdrawal& one) { return one.to.value_or(Time::max()); };
    auto& known = out_.history.withdrawals;
    if (std::any_of(known.begin(), known.end(), [&](const Withdrawal& one) {
          return one.folder == absence.folder && one.from <= until(absence) && absence.from <= until(one);
        }))
      return;
    known.push_back(absence);
    touch(absence.from);
  }

  /// Of a version that was listed although its date is older than another's (add_listed), the place in
  /// history is known better than by the date of its file.
  bool keeps_its_place(const HistoryVersion& held, const HistoryVersion& facts) const {
    return std::any_of(out_.history.versions.begin(), out_.history.versions.end(),
                       [&](const HistoryVersion& one) {
                         return &one != &held && one.folder == held.folder &&
                                (one.published + kStep == held.published ||
                                 (same_file(one, facts) && one.published == facts.published));
                       });
  }

  /// What PACKAGES lists is published last of its line, whatever the dates of files say: upstream went back
  /// to an older version.
  void add_listed(UpstreamPackage::Version version) {
    const auto* held = find(version.facts);
    std::optional<Time> newest;  // of the others
    for (const auto& other : out_.history.versions) {
      if (&other != held && other.folder == version.facts.folder && (!newest || other.published > *newest))
        newest = other.published;
    }
    if (held != nullptr && newest && held->published <= *newest &&
        (!version.dated || version.facts.published <= *newest)) {
      version.facts.published = version.dated ? *newest + kStep : std::max(now_, *newest + kStep);
      touch(version.facts.published);
      out_.history.versions.push_back(version.facts);  // it was there before, and is again
      return;
    }
    if (version.dated || held == nullptr) {
      version.facts.published = moment_of(version);
      if (newest && version.facts.published <= *newest) version.facts.published = *newest + kStep;
      version.dated = true;
    }
    add(version);
  }

  /// Opens the absence of a line, or closes it when the same version is listed again.
  void settle(const std::string& line) {
    const auto listed =
        std::find_if(upstream_.listed.begin(), upstream_.listed.end(),
                     [&](const UpstreamPackage::Version& version) { return version.facts.folder == line; });
    auto& withdrawals = out_.history.withdrawals;
    const auto open = std::find_if(withdrawals.begin(), withdrawals.end(),
                                   [&](const Withdrawal& one) { return one.folder == line && !one.to; });
    Time newest{};
    for (const auto& version : out_.history.versions) {
      if (version.folder == line) newest = std::max(newest, version.published);
    }
    if (listed == upstream_.listed.end()) {
      if (open != withdrawals.end()) return;
      const auto from = std::max(upstream_.removed.value_or(now_), newest + kStep);
      withdrawals.push_back({line, from, std::nullopt});
      touch(from);
    } else if (open != withdrawals.end()) {
      open->to = std::max(now_, open->from);
      touch(*open->to);
    }
  }

  const PackageHistory* old_;
  const UpstreamPackage& upstream_;
  Time now_;
  bool first_;
  Merged out_;
};

}  // namespace

template <class Text>
void current_on(const BasicHistory<Text>& history, std::optional<Time> until, std::vector<std::size_t>& out) {
  out.clear();
  const auto end = until.value_or(Time::max());
  const auto& versions = history.versions;
  for (std::size_t i = versions.size(); i-- > 0;) {
    if (versions[i].published >= end) continue;
    const auto& folder = versions[i].folder;
    if (std::any_of(out.begin(), out.end(), [&](std::size_t one) { return versions[one].folder == folder; }))
      continue;
    out.push_back(i);
  }
  std::erase_if(out, [&](std::size_t i) {
    return std::any_of(history.withdrawals.begin(), history.withdrawals.end(), [&](const auto& one) {
      return one.folder == versions[i].folder && one.from < end && (!one.to || *one.to >= end);
    });
  });
  std::reverse(out.begin(), out.end());
}
template void current_on(const PackageHistory&, std::optional<Time>, std::vector<std::size_t>&);
template void current_on(const HistoryView&, std::optional<Time>, std::vector<std::size_t>&);

Merged merge(const PackageHistory* old, const UpstreamPackage& upstream, Time now, bool first) {
  return Merge(old, upstream, now, first).run();
}

bool describe(PackageHistory& history, std::string_view version, std::string stanza, std::uint64_t size) {
  bool found = false;
  for (auto& held : history.versions) {
    if (held.version != version || !held.stanza.empty()) continue;
    held.stanza = stanza;
    if (held.size == 0) held.size = size;
    found = true;
  }
  return found;
}

}  // namespace granary::r
