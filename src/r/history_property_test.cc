/// The index of a day, worked out from what synchronisations learned, is what a replay of upstream's history
/// gives, whenever those synchronisations were.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "r/history.h"

namespace granary::r {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::chrono::sys_days kDay = std::chrono::year(2020) / 1 / 1;
constexpr int kDays = 40;

Time noon(int day) { return Time(kDay + days(day)) + hours(12); }
Time midnight(int day) { return Time(kDay + days(day)); }

enum class Event : std::uint8_t { nothing, publish, withdraw };

/// What a CRAN does to one package: on a day a new version comes, or the package is archived.
struct Upstream {
  std::vector<Event> events;

  /// The version that PACKAGES lists at the end of a day; empty: none.
  std::string listed(int day) const {
    std::string now;
    for (int d = 0; d <= day; ++d) {
      if (events[std::size_t(d)] == Event::publish) now = version(d);
      if (events[std::size_t(d)] == Event::withdraw) now.clear();
    }
    return now;
  }
  static std::string version(int day) { return "1." + std::to_string(day); }

  /// What the indexes say then.
  UpstreamPackage says(int day) const {
    UpstreamPackage out;
    out.package = "aaa";
    const auto now = listed(day);
    std::optional<int> away;
    bool was_there = false;
    for (int d = 0; d <= day; ++d) {
      const auto event = events[std::size_t(d)];
      if (event == Event::publish) {
        UpstreamPackage::Version one;
        one.facts.version = version(d);
        one.facts.published = noon(d);
        one.dated = true;
        (version(d) == now ? out.listed : out.archived).push_back(one);
        if (away) out.absences.push_back({"", midnight(*away), midnight(d)});
        away.reset();
        was_there = true;
      } else if (event == Event::withdraw && was_there && !away) {
        away = d;
      }
    }
    if (away) out.removed = midnight(*away);
    return out;
  }
};

std::string shown(const PackageHistory& history, int day) {
  std::vector<std::size_t> current;
  current_on(history, midnight(day + 1), current);
  std::string out;
  for (const auto i : current) out += history.versions[i].version;
  return out;
}

RC_GTEST_PROP(HistoryProperty, AnyDayIsWhatAReplayGives, ()) {
  Upstream upstream;
  upstream.events = *rc::gen::container<std::vector<Event>>(
      kDays,
      rc::gen::weightedElement<Event>({{6, Event::nothing}, {2, Event::publish}, {1, Event::withdraw}}));
  std::optional<PackageHistory> known;
  const auto sync = [&](int day) {
    const auto says = upstream.says(day);
    if (!known && says.listed.empty() && says.archived.empty()) return;
    auto merged = merge(known ? &*known : nullptr, says, noon(day) + hours(6), !known);
    if (known && !merged.changed_from) RC_ASSERT(merged.history == *known);
    // What days before `changed_from` show may not have changed.
    for (int d = 0; known && merged.changed_from && d <= day && midnight(d + 1) <= *merged.changed_from; ++d)
      RC_ASSERT(shown(*known, d) == shown(merged.history, d));
    known = decode_history(encode(merged.history)).value();
  };
  for (int day = 0; day < kDays; ++day) {
    if (*rc::gen::inRange(0, 5) == 0) sync(day);
  }
  sync(kDays - 1);
  for (int day = 0; known && day < kDays; ++day) RC_ASSERT(shown(*known, day) == upstream.listed(day));
}

}  // namespace
}  // namespace granary::r
