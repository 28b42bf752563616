#include "view/directory.h"

#include <gtest/gtest.h>

#include "view/testing/world.h"

namespace granary::view {
namespace {

TEST(Directory, TopicsBelowZeroMakeNothingStale) {
  World world;
  world.repository("main", {world.source("local")});
  Directory directory(world.catalog);
  const auto known = directory.find(world.ctx, "main");
  ASSERT_TRUE(known && known->repository);
  const auto& generation = *known->generation;
  const auto tell = [&](std::vector<std::int64_t> topics) {
    const auto before = generation.now();
    directory.heard(topics);
    return generation.now() - before;
  };
  EXPECT_EQ(tell({-2}), 0u);
  EXPECT_EQ(tell({catalog::kConfigurationTopic}), 1u);
  // From here on the listing is out of date, and any source may be one of this repository's.
  EXPECT_EQ(tell({-2, -3}), 0u);
  EXPECT_EQ(tell({-2, 4711}), 1u);
  EXPECT_EQ(tell({}), 1u);
}

}  // namespace
}  // namespace granary::view
