/// For histories that nobody thought of: numbers and locks never move, and what an index names can be had.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "r/tree_name.h"
#include "view/testing/mirror_world.h"

namespace granary::view {
namespace {

using std::chrono::days;

constexpr std::chrono::sys_days kDay = std::chrono::year(2020) / 1 / 1;
constexpr int kSteps = 12;

struct Row {
  std::string package, version, stanza, file;
  bool operator==(const Row&) const = default;
};
void showValue(const Row& row, std::ostream& out) { out << row.package << ' ' << row.version; }

std::vector<Row> index_of(const World& world, const Snapshot& snapshot) {
  std::vector<Row> rows;
  const auto done = world.views->for_each_package(
      world.ctx, snapshot, [](const model::FileRecord&) { return Result<>(); },
      [&](RPackageView& package, const model::Pin&) -> Result<> {
        const auto& history = package.history();
        for (const auto i : package.current())
          rows.push_back({std::string(history.package), std::string(history.versions[i].version),
                          std::string(history.versions[i].stanza), file_name_of(history, i)});
        return {};
      });
  RC_ASSERT(done.has_value());
  return rows;
}

/// One thing that happens upstream, or is learned of it, on that day.
model::TxNo step(MirrorWorld& world, int day) {
  const auto package = *rc::gen::element<std::string>("aaa", "bbb", "ccc");
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return world.withdraw(package, kDay + days(day));
    case 1:
      return world.describe(package);
    default:
      return world.publish_upstream(package, "1." + std::to_string(day), kDay + days(day),
                                    *rc::gen::arbitrary<bool>());
  }
}

RC_GTEST_PROP(RTreesProperty, NumbersShowTheSameWhateverHappensLater, ()) {
  MirrorWorld world;
  std::map<std::int64_t, std::vector<Row>> shown;
  for (int day = 0; day < kSteps; ++day) {
    const auto number = step(world, day);
    if (number.value > 0) shown[number.value] = index_of(world, world.resolve("cran", number));
  }
  for (const auto& [number, rows] : shown)
    RC_ASSERT(index_of(world, world.resolve("cran", model::TxNo{number})) == rows);
}

RC_GTEST_PROP(RTreesProperty, EveryFileThatAnIndexNamesIsFound, ()) {
  MirrorWorld world;
  for (int day = 0; day < kSteps; ++day) step(world, day);
  for (int day = -1; day < kSteps; ++day) {
    const auto snapshot = world.resolve("cran", model::AsOf{kDay + days(day)});
    for (const auto& row : index_of(world, snapshot)) {
      const auto found = world.views->find_file(world.ctx, snapshot, row.package, row.file);
      RC_ASSERT(found.has_value());
      RC_ASSERT(found->has_value());
      RC_ASSERT(!(*found)->archived);
    }
  }
}

}  // namespace
}  // namespace granary::view
