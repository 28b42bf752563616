#include "python/project.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/hash.h"

namespace granary::python {
namespace {

using std::chrono::hours;
constexpr Time kStart{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)};

UpstreamFile file(const std::string& version, std::optional<Time> uploaded, const std::string& bytes = "a") {
  UpstreamFile one;
  one.filename = "foo-" + version + ".tar.gz";
  one.version = version;
  one.url = "https://files.example/" + one.filename;
  one.sha256 = sha256(as_bytes(one.filename + bytes));
  one.uploaded_at = uploaded;
  return one;
}

Project page(std::vector<UpstreamFile> files) {
  Project project;
  project.shown = "foo";
  project.files = std::move(files);
  put_in_order(project);
  return project;
}

std::vector<std::string> visible(const Project& project, std::optional<Time> until) {
  std::vector<std::string> names;
  for (const auto& one : project.files)
    if (one.visible(until)) names.push_back(one.version + ":" + one.sha256->hex().substr(0, 6));
  return names;
}

TEST(Project, FilesAreInTheOrderOfTheirVersions) {
  const auto project = page({file("1.10", kStart), file("1.9", kStart), file("1.9rc1", kStart)});
  std::vector<std::string> versions;
  for (const auto& one : project.files) versions.push_back(one.version);
  EXPECT_EQ(versions, (std::vector<std::string>{"1.9rc1", "1.9", "1.10"}));
}

TEST(Project, OfOneNameTheFirstIsKept) {
  const auto project = page({file("1.0", kStart, "first"), file("1.0", kStart, "second")});
  ASSERT_EQ(project.files.size(), 1U);
  EXPECT_EQ(project.files[0].sha256, file("1.0", kStart, "first").sha256);
}

TEST(Project, ADayShowsWhatWasUploadedBeforeItsEnd) {
  const auto project = page({file("1.0", kStart), file("2.0", kStart + hours(48))});
  EXPECT_EQ(visible(project, kStart).size(), 0U);
  EXPECT_EQ(visible(project, kStart + hours(24)).size(), 1U);
  EXPECT_EQ(visible(project, std::nullopt).size(), 2U);
}

TEST(Project, WhatVanishesIsGoneFromThenOnAndStaysInThePast) {
  const auto old = page({file("1.0", kStart), file("2.0", kStart)});
  const auto now = merge(old, page({file("2.0", kStart)}), kStart + hours(30));
  EXPECT_EQ(visible(now, std::nullopt).size(), 1U);
  EXPECT_EQ(visible(now, kStart + hours(30)).size(), 2U);
  EXPECT_EQ(visible(now, kStart + hours(31)).size(), 1U);
}

TEST(Project, AYankIsAsUpstreamHasItNow) {
  auto yanked = file("1.0", kStart);
  yanked.yanked = "broken";
  const auto now = merge(page({file("1.0", kStart)}), page({yanked}), kStart + hours(1));
  EXPECT_EQ(now.files[0].yanked, "broken");
  EXPECT_FALSE(merge(now, page({file("1.0", kStart)}), kStart + hours(2)).files[0].yanked);
}

TEST(Project, AFileWithoutADateCameWhenItWasFirstSeenUnlessItWasThereAtFirst) {
  const auto old = page({file("1.0", std::nullopt)});
  const auto now = merge(old, page({file("1.0", std::nullopt), file("2.0", std::nullopt)}), kStart);
  EXPECT_EQ(visible(now, kStart - hours(1)).size(), 1U);
  EXPECT_EQ(visible(now, kStart + hours(1)).size(), 2U);
}

TEST(Project, BytesThatWereReplacedAreTwoFilesAndNeverBothAtOnce) {
  const auto old = page({file("1.0", kStart, "first")});
  const auto now = merge(old, page({file("1.0", kStart + hours(2), "second")}), kStart + hours(5));
  ASSERT_EQ(now.files.size(), 2U);
  EXPECT_EQ(visible(now, kStart + hours(3)), visible(old, kStart + hours(3)));
  EXPECT_EQ(visible(now, kStart + hours(6)), visible(page({file("1.0", kStart, "second")}), std::nullopt));
}

TEST(Project, AnUpstreamThatFlapsDoesNotGrowTheRecordForEver) {
  auto project = page({file("1.0", kStart)});
  for (int i = 1; i < 200; ++i)
    project = merge(project, i % 2 == 1 ? page({}) : page({file("1.0", kStart)}), kStart + hours(i));
  EXPECT_LT(project.files.size(), 12U);
  EXPECT_EQ(visible(project, kStart + hours(199)).size(), 1U);
  EXPECT_EQ(visible(project, std::nullopt).size(), 0U);
}

TEST(Project, OnlyTheEntityTagIsNoContent) {
  auto a = page({file("1.0", kStart)}), b = a;
  b.etag = "x";
  EXPECT_TRUE(same_content(a, b));
  b.serial = 2;
  EXPECT_FALSE(same_content(a, b));
}

/// What upstream listed at each look, replayed without cleverness.
TEST(Project, AnyDayEqualsAReplayOfWhatWasSeen) {
  std::mt19937 random(20'240'501);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  for (int round = 0; round < 200; ++round) {
    std::map<std::string, std::string> listed;  // version -> bytes
    std::vector<std::pair<Time, std::vector<std::string>>> seen;
    std::map<std::string, int> spans;
    Project project;
    Time now = kStart;
    for (int look = 0; look < 12; ++look) {
      now += hours(1 + below(30));
      for (int i = below(4); i > 0; --i) {
        const auto version = std::to_string(below(4)) + "." + std::to_string(below(2));
        if (listed.erase(version) != 0 && below(2) == 0) continue;
        if (++spans[version] > 5) continue;
        listed[version] = std::to_string(below(3));
      }
      std::vector<UpstreamFile> files;
      for (const auto& [version, bytes] : listed) files.push_back(file(version, std::nullopt, bytes));
      auto fetched = page(std::move(files));
      seen.emplace_back(now, visible(fetched, std::nullopt));
      project = look == 0 ? std::move(fetched) : merge(project, std::move(fetched), now);
    }
    EXPECT_EQ(visible(project, std::nullopt), seen.back().second);
    for (int probe = 0; probe < 40; ++probe) {
      const Time until = kStart + hours(below(400)) + std::chrono::minutes(1 + below(59));
      const std::vector<std::string>* expected = &seen.front().second;  // before the first look: what it saw
      for (const auto& [at, names] : seen)
        if (at < until) expected = &names;
      ASSERT_EQ(visible(project, until), *expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace granary::python
