#include "view/pinned.h"

#include <gtest/gtest.h>

namespace granary::view {
namespace {

using model::Pin;
using model::SourceType;

std::vector<Pin> three() {
  return {Pin{.source = {12},
              .type = SourceType::cran,
              .at = {17},
              .until = Time(std::chrono::seconds(1714608000)),
              .exact = true},
          Pin{.source = {3}, .type = SourceType::local, .at = {5566}},
          Pin{.source = {4}, .type = SourceType::pypi, .at = {0}}};
}

TEST(Pinned, PinsReadBackAsTheyWereWritten) {
  EXPECT_EQ(parse_pins(pins_text(three())), three());
  EXPECT_EQ(parse_pins(pins_text({})), std::vector<Pin>());
}

TEST(Pinned, TextThatIsNoPinsIsRefused) {
  for (const auto* text : {"x", "1:cran::", "1:cran:5", "1:nothing::5", "a:cran::5", "1:cran:x:5",
                           "1:cran::5xx", "1:cran::99999999999999999999", "1:cran::5  2:cran::5"})
    EXPECT_EQ(parse_pins(text), std::nullopt) << text;
}

TEST(Pinned, LongIdentifiersSpellTheirPinsOutAndFitIntoAUrl) {
  const auto text = pins_text(three());
  const auto id = long_id(text);
  EXPECT_EQ(pins_of_long_id(id), text);
  EXPECT_TRUE(model::parse_snapshot("2024-05-01+" + id));
}

TEST(Pinned, ShortIdentifiersAreNotTakenForLongOnes) {
  EXPECT_EQ(pins_of_long_id(short_id(pins_text(three()))), std::nullopt);
  EXPECT_EQ(short_id("a").size(), 12u);
}

}  // namespace
}  // namespace granary::view
