#include "mirror/r_merge.h"

#include <algorithm>
#include <unordered_map>

namespace granary::mirror {
namespace {

using r::UpstreamPackage;
struct Dated {
  Time published;
  std::uint64_t size;
};
using Dates = std::unordered_map<std::string, Dated>;
struct Moved {
  Time published, moved;
};

/// The file's inode changed this much later than its bytes: it was moved then, not just written.
constexpr std::chrono::hours kMoved{1};
/// Trees with fewer may lose most of their packages in a day.
constexpr std::size_t kFew = 20;

std::string key_of(std::string_view folder, std::string_view package, std::string_view version) {
  std::string key(folder);
  return key.append(1, '/').append(package).append(1, '_').append(version);
}

class Merging {
 public:
  Merging(RIndexes&& indexes, bool dated, bool first, Time now)
      : indexes_(std::move(indexes)), dated_(dated), first_(first), now_(now) {}

  Result<RChanges> run(const std::vector<KnownPackage>& known) {
    collect_dates();
    collect_archived();
    collect_listed();
    for (const auto& one : known) TRY(take_known(one));
    TRY(check_losses());
    for (auto& [package, said] : said_) {
      finish_absences(package, said);
      take(package, nullptr, said);
    }
    out_.skipped = std::move(indexes_.skipped);
    return std::move(out_);
  }

 private:
  /// Of Archive no table is made: it has 126,000 files, and hardly any of them is asked for.
  void collect_dates() {
    if (!indexes_.current) return;
    dates_.reserve(indexes_.current->size());
    for (const auto& file : *indexes_.current) {
      const Dated dated{file.published, file.size};
      dates_.insert_or_assign(key_of(file.folder, file.package, file.version), dated);
      if (!file.folder.empty()) elsewhere_.try_emplace(key_of("", file.package, file.version), dated);
    }
  }

  /// `said`: of this package, with what Archive has. In its folder, in none, in Archive, in another folder.
  std::optional<Dated> date_of(const std::string& package, const r::HistoryVersion& facts,
                               const UpstreamPackage& said) const {
    const auto in = [&](const Dates& dates, std::string_view folder) -> std::optional<Dated> {
      const auto at = dates.find(key_of(folder, package, facts.version));
      return at == dates.end() ? std::nullopt : std::optional(at->second);
    };
    if (!facts.folder.empty()) {
      if (const auto there = in(dates_, facts.folder)) return there;
    }
    if (const auto there = in(dates_, "")) return there;
    const auto archived =
        std::find_if(said.archived.rbegin(), said.archived.rend(),
                     [&](const auto& version) { return version.facts.version == facts.version; });
    if (archived != said.archived.rend()) return Dated{archived->facts.published, archived->facts.size};
    return in(elsewhere_, "");
  }

  void collect_archived() {
    if (!indexes_.archive) return;
    UpstreamPackage* said = nullptr;
    Moved* moved = nullptr;
    std::string_view last;  // files of a package come one after the other
    for (auto& file : *indexes_.archive) {
      if (said == nullptr || file.package != last) {
        said = &said_[file.package];
        moved = &moved_[file.package];
        last = file.package;
      }
      UpstreamPackage::Version version;
      version.facts.version = std::move(file.version);
      version.facts.published = file.published;
      version.facts.size = file.size;
      version.dated = true;
      if (file.published >= moved->published) *moved = {file.published, file.moved};
      said->archived.push_back(std::move(version));
    }
  }

  void collect_listed() {
    if (!indexes_.listed) return;
    for (auto& row : *indexes_.listed) {
      auto& said = said_[row.package];
      const bool twice = std::any_of(said.listed.begin(), said.listed.end(), [&](const auto& other) {
        return other.facts.folder == row.version.folder;
      });
      if (twice) {
        indexes_.skipped.add("a second record of " + row.package);
        continue;
      }
      said.listed.push_back(dated_version(row.package, std::move(row.version), row.published, said));
    }
  }

  UpstreamPackage::Version dated_version(const std::string& package, r::HistoryVersion facts,
                                         std::optional<Time> published, const UpstreamPackage& said) const {
    UpstreamPackage::Version version{std::move(facts), false};
    if (!dated_) return version;
    if (const auto date = date_of(package, version.facts, said)) {
      version.facts.published = date->published;
      version.facts.size = date->size;
      version.dated = true;
    } else if (published) {
      version.facts.published = *published;
      version.dated = true;
    } else if (first_ && !version.facts.folder.empty()) {
      version.facts.published = now_;  // a row for an older R was not there for ever
      version.dated = true;
    }
    return version;
  }

  Result<> take_known(const KnownPackage& known) {
    auto old = TRY(r::decode_history(known.bytes));
    std::vector<std::size_t> current;
    r::current_on(old, std::nullopt, current);
    was_listed_ += current.size();
    auto at = said_.find(known.package);
    UpstreamPackage said;
    if (at != said_.end()) {
      said = std::move(at->second);
      said_.erase(at);
    }
    if (!indexes_.listed || (said.listed.empty() && may_be_listed(known.package))) {  // as before
      for (const auto i : current)
        said.listed.push_back(dated_version(known.package, old.versions[i], std::nullopt, said));
      still_listed_ += current.size();
    } else {
      still_listed_ += said.listed.size();
    }
    finish_absences(known.package, said);
    old_.emplace_back(std::move(old), std::move(said));
    return {};
  }

  /// There is a record that cannot be read, of this package or of nobody knows which.
  bool may_be_listed(const std::string& package) const {
    const auto& broken = indexes_.skipped;
    return broken.nameless > 0 ||
           std::find(broken.packages.begin(), broken.packages.end(), package) != broken.packages.end();
  }

  /// An upstream that is half empty is broken: what it had is shown on.
  Result<> check_losses() {
    if (was_listed_ >= kFew && still_listed_ * 2 < was_listed_)
      return fail(
          Errc::unavailable,
          "upstream lists only " + std::to_string(still_listed_) + " of the " + std::to_string(was_listed_) +
              " packages that it had",
          "what is known is served on; if upstream means it, run granary clear for the source, then sync");
    for (auto& [old, said] : old_) take(old.package, &old, said);
    return {};
  }

  void finish_absences(const std::string& package, UpstreamPackage& said) const {
    if (indexes_.absences) {
      const auto notes = indexes_.absences->find(package);
      if (notes != indexes_.absences->end()) {
        for (const auto& absence : notes->second) {
          if (absence.to) {
            said.absences.push_back(absence);
          } else if (said.listed.empty()) {
            said.removed = absence.from;
          }
        }
      }
    }
    if (!said.removed && first_ && said.listed.empty()) {
      const auto moved = moved_.find(package);
      if (moved != moved_.end() && moved->second.moved > moved->second.published + kMoved)
        said.removed = moved->second.moved;
    }
  }

  void take(const std::string& package, const r::PackageHistory* old, UpstreamPackage& said) {
    said.package = package;
    const auto merged = r::merge(old, said, now_, first_);
    if (!merged.changed_from) return;
    out_.affects_from = std::min(out_.affects_from, *merged.changed_from);
    if (said.listed.empty() && old != nullptr) ++out_.removed;
    out_.undescribed += static_cast<std::size_t>(
        std::count_if(merged.history.versions.begin(), merged.history.versions.end(),
                      [](const r::HistoryVersion& version) { return version.stanza.empty(); }));
    out_.records.push_back({package, r::encode(merged.history)});
  }

  RIndexes indexes_;
  bool dated_, first_;
  Time now_;
  Dates dates_;      // of what is current, by where it lies
  Dates elsewhere_;  // of that in folders, by package and version alone
  std::map<std::string, UpstreamPackage> said_;
  std::unordered_map<std::string, Moved> moved_;  // the newest file of Archive
  std::vector<std::pair<r::PackageHistory, UpstreamPackage>> old_;
  std::size_t was_listed_ = 0, still_listed_ = 0;
  RChanges out_;
};

}  // namespace

Result<RChanges> merge_r_tree(const std::vector<KnownPackage>& known, RIndexes&& indexes, bool dated,
                              bool first, Time now) {
  return Merging(std::move(indexes), dated, first, now).run(known);
}

}  // namespace granary::mirror
