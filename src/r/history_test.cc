#include "r/history.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "r/names.h"

namespace granary::r {
namespace {

using std::chrono::days;
using std::chrono::hours;
constexpr Time kStart{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

UpstreamPackage::Version at(const std::string& version, Time published, std::string md5 = "") {
  return {{.version = version,
           .published = published,
           .size = 100,
           .md5 = std::move(md5),
           .stanza = "Version: " + version + "\n"},
          true};
}
UpstreamPackage::Version undated(const std::string& version, std::string md5 = "") {
  auto one = at(version, {}, std::move(md5));
  one.dated = false;
  return one;
}

/// "1.0" or "1.0 1.1@4.4.0/Recommended"; empty for none.
std::string current(const PackageHistory& history, std::optional<Time> until) {
  std::vector<std::size_t> found;
  current_on(history, until, found);
  std::string out;
  for (const auto i : found) {
    const auto& version = history.versions[i];
    out += (out.empty() ? "" : " ") + version.version + (version.folder.empty() ? "" : "@" + version.folder);
  }
  return out;
}

TEST(History, ShowsTheVersionThatWasPublishedLastBeforeAMoment) {
  const auto merged = merge(
      nullptr, {"demo", {at("1.2", kStart + days(9))}, {at("1.0", kStart), at("1.1", kStart + days(5))}},
      kStart + days(20), true);
  EXPECT_EQ(merged.changed_from, kStart);
  EXPECT_EQ(current(merged.history, kStart), "");
  EXPECT_EQ(current(merged.history, kStart + days(1)), "1.0");
  EXPECT_EQ(current(merged.history, kStart + days(5)), "1.0");
  EXPECT_EQ(current(merged.history, kStart + days(6)), "1.1");
  EXPECT_EQ(current(merged.history, std::nullopt), "1.2");
}

TEST(History, OfAnUpstreamThatDidNotChangeDoesNotChange) {
  const UpstreamPackage upstream{"demo", {at("1.2", kStart + days(9), "aa")}, {at("1.0", kStart)}};
  const auto first = merge(nullptr, upstream, kStart + days(20), true);
  const auto again = merge(&first.history, upstream, kStart + days(21), false);
  EXPECT_EQ(again.changed_from, std::nullopt);
  EXPECT_EQ(again.history, first.history);
}

TEST(History, ChangesFromTheMomentOfTheNewVersionOn) {
  const auto first = merge(nullptr, {"demo", {at("1.0", kStart)}}, kStart + days(1), true);
  const auto next = merge(&first.history, {"demo", {at("1.1", kStart + days(3))}, {at("1.0", kStart)}},
                          kStart + days(4), false);
  EXPECT_EQ(next.changed_from, kStart + days(3));
  EXPECT_EQ(next.history.versions[0].stanza, "Version: 1.0\n");
}

TEST(History, ForgetsNothingThatUpstreamForgot) {
  const auto first =
      merge(nullptr, {"demo", {at("1.1", kStart + days(1))}, {at("1.0", kStart)}}, kStart + days(2), true);
  const auto next =
      merge(&first.history, {"demo", {at("1.2", kStart + days(3))}, {}}, kStart + days(4), false);
  EXPECT_EQ(next.history.versions.size(), 3u);
  EXPECT_EQ(current(next.history, kStart + days(1)), "1.0");
}

TEST(History, OfARemovedPackageEndsOnTheDayThatIsKnownElseWhenItWasSeen) {
  UpstreamPackage gone{"demo", {}, {at("1.0", kStart)}};
  EXPECT_EQ(current(merge(nullptr, gone, kStart + days(9), true).history, kStart + days(9)), "1.0");
  EXPECT_EQ(current(merge(nullptr, gone, kStart + days(9), true).history, kStart + days(10)), "");
  gone.removed = kStart + days(4);
  const auto merged = merge(nullptr, gone, kStart + days(9), true);
  EXPECT_EQ(current(merged.history, kStart + days(4)), "1.0");
  EXPECT_EQ(current(merged.history, kStart + days(5)), "");

  const auto back = merge(&merged.history, {"demo", {at("1.1", kStart + days(12))}, gone.archived},
                          kStart + days(13), false);
  EXPECT_EQ(back.changed_from, kStart + days(12));
  EXPECT_EQ(current(back.history, kStart + days(12)), "");
  EXPECT_EQ(current(back.history, kStart + days(13)), "1.1");
}

TEST(History, OfAnUpstreamThatWentBackToAnOlderVersionShowsBothDays) {
  const auto first =
      merge(nullptr, {"demo", {at("1.1", kStart + days(5))}, {at("1.0", kStart)}}, kStart + days(6), true);
  const UpstreamPackage reverted{"demo", {at("1.0", kStart)}, {at("1.1", kStart + days(5))}};
  const auto next = merge(&first.history, reverted, kStart + days(8), false);
  EXPECT_EQ(current(next.history, kStart + days(1)), "1.0");
  EXPECT_EQ(current(next.history, std::nullopt), "1.0");
  EXPECT_EQ(merge(&next.history, reverted, kStart + days(9), false).changed_from, std::nullopt);
}

TEST(History, WithoutDatesIsWhatWasSeen) {
  const auto first = merge(nullptr, {"demo", {undated("1.0", "aa")}}, kStart, true);
  EXPECT_EQ(current(first.history, kStart - days(1000)), "1.0") << "days before show the first state";
  const auto rebuilt = merge(&first.history, {"demo", {undated("1.0", "bb")}}, kStart + days(1), false);
  EXPECT_EQ(rebuilt.changed_from, kStart + days(1));
  const auto before = [&](Time until) {
    std::vector<std::size_t> found;
    current_on(rebuilt.history, until, found);
    return rebuilt.history.versions[found.at(0)].md5;
  };
  EXPECT_EQ(before(kStart + days(1)), "aa");
  EXPECT_EQ(before(kStart + days(2)), "bb");
  const auto gone = merge(&rebuilt.history, {"demo", {}}, kStart + days(3), false);
  EXPECT_EQ(current(gone.history, kStart + days(3)), "1.0");
  EXPECT_EQ(current(gone.history, kStart + days(4)), "");
  const auto back = merge(&gone.history, {"demo", {undated("1.0", "bb")}}, kStart + days(5), false);
  EXPECT_EQ(current(back.history, kStart + days(5)), "");
  EXPECT_EQ(current(back.history, kStart + days(6)), "1.0");
}

TEST(History, KeepsALineForEachFolder) {
  auto old = undated("1.0");
  old.facts.folder = "4.4.0/Recommended";
  const auto merged = merge(nullptr, {"demo", {at("1.1", kStart), old}}, kStart + days(1), true);
  EXPECT_EQ(current(merged.history, std::nullopt), "1.0@4.4.0/Recommended 1.1");
  const auto next = merge(&merged.history, {"demo", {at("1.1", kStart)}}, kStart + days(2), false);
  EXPECT_EQ(current(next.history, kStart + days(2)), "1.0@4.4.0/Recommended 1.1");
  EXPECT_EQ(current(next.history, kStart + days(3)), "1.1");
}

TEST(History, ComesBackFromItsBytes) {
  auto merged = merge(nullptr, {"demo", {at("1.2", kStart + days(9), "00ff")}, {at("1.0", kStart)}},
                      kStart + days(20), true);
  merged.history.withdrawals = {{"a/b", kStart, std::nullopt}, {"", kStart - days(30'000), kStart}};
  const auto bytes = encode(merged.history);
  EXPECT_EQ(*decode_history(bytes), merged.history);
  HistoryView view;
  ASSERT_TRUE(decode_history(bytes, view));
  EXPECT_EQ(view.versions.at(0).version, "1.0");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_history(std::string_view(bytes).substr(0, size)).error().code(), Errc::corrupt);
  EXPECT_FALSE(decode_history(bytes + "x"));
}

TEST(History, IsDescribedVersionByVersion) {
  auto archived = at("1.0", kStart);
  archived.facts.stanza.clear();
  auto history =
      merge(nullptr, {"demo", {at("1.1", kStart + days(2))}, {archived}}, kStart + days(3), true).history;
  EXPECT_TRUE(describe(history, "1.0", "Imports: x\n", 7));
  EXPECT_EQ(history.versions[0].stanza, "Imports: x\n");
  EXPECT_EQ(history.versions[0].size, 100u);
  EXPECT_FALSE(describe(history, "1.0", "Imports: y\n", 7)) << "it has one";
  EXPECT_FALSE(describe(history, "3.0", "Imports: y\n", 7));
}

/// An upstream that lives day by day, and writes down what it listed at the end of each.
class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) {}

  void live(int day) {
    const Time morning = kStart + days(day);
    switch (random_() % 6) {
      case 0:
      case 1:
        publish(morning + hours(1 + random_() % 20));
        break;
      case 2:
        if (listed_ && !state_.archived.empty()) {
          remove(morning);
        }
        break;
      default:
        break;
    }
    log_.push_back(listed_ ? listed_->facts.version : "");
  }
  /// What it says of itself; `removed` and absences as PACKAGES.in has them.
  UpstreamPackage says() const {
    auto out = state_;
    out.package = "demo";
    if (listed_) out.listed.push_back(*listed_);
    return out;
  }
  const std::vector<std::string>& log() const { return log_; }
  int roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }

 private:
  void publish(Time when) {
    if (listed_) archive();
    if (state_.removed) {
      state_.absences.push_back({"", *state_.removed, Time(std::chrono::floor<days>(when))});
      state_.removed.reset();
    }
    ++last_;
    listed_ = at("1." + std::to_string(last_), when, std::to_string(last_));
  }
  void remove(Time when) {
    archive();
    state_.removed = when;
  }
  void archive() {
    auto file = *listed_;
    file.facts.md5.clear();
    file.facts.stanza.clear();
    state_.archived.push_back(std::move(file));
    listed_.reset();
  }

  std::mt19937 random_;
  UpstreamPackage state_;
  std::optional<UpstreamPackage::Version> listed_;
  int last_ = 0;
  std::vector<std::string> log_;
};

TEST(History, OfAnyLifeEqualsItsReplayWheneverItWasSynchronised) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Life upstream(seed);
    std::optional<PackageHistory> kept;
    const int length = 60;
    for (int day = 0; day < length; ++day) {
      upstream.live(day);
      const auto said = upstream.says();
      if (upstream.roll(3) != 0 || (said.listed.empty() && said.archived.empty())) continue;
      const auto merged = merge(kept ? &*kept : nullptr, said, kStart + days(day + 1), !kept);
      if (kept && merged.changed_from) {
        for (Time until = kStart; until <= *merged.changed_from; until += days(1))
          EXPECT_EQ(current(merged.history, until), current(*kept, until)) << "before the change";
      }
      if (!merged.changed_from) {
        EXPECT_EQ(merged.history, *kept);
      }
      kept = *decode_history(encode(merged.history));
    }
    const auto said = upstream.says();
    if (said.listed.empty() && said.archived.empty()) continue;
    const auto known = merge(kept ? &*kept : nullptr, said, kStart + days(length), !kept).history;
    const auto installed_today = merge(nullptr, said, kStart + days(length), true).history;
    for (int day = 0; day < length; ++day) {
      const auto& expected = upstream.log()[static_cast<std::size_t>(day)];
      EXPECT_EQ(current(known, kStart + days(day + 1)), expected) << "day " << day;
      EXPECT_EQ(current(installed_today, kStart + days(day + 1)), expected)
          << "day " << day << " on a new server";
    }
  }
}

}  // namespace
}  // namespace granary::r
