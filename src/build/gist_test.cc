#include "build/gist.h"

#include <gtest/gtest.h>

namespace granary::build {
namespace {

TEST(Gist, IsTheFirstLineThatSaysWhatIsWrong) {
  EXPECT_EQ(gist_of({"cloning", "fatal: no such thing", "more"}), "fatal: no such thing");
  EXPECT_EQ(gist_of({"* checking", " ERROR", "cannot read it", "more"}), "cannot read it");
  EXPECT_EQ(gist_of({"ERROR Missing dependencies:", "\tpoetry-core"}),
            "ERROR Missing dependencies: poetry-core");
  EXPECT_EQ(
      gist_of({"* checking for file ... OK", "* checking meta ... ERROR", "Malformed package name", "See"}),
      "Malformed package name");
  EXPECT_EQ(gist_of({"one", "two", ""}), "two");
  EXPECT_EQ(gist_of({}), "it said nothing");
}

TEST(Gist, OfEndlessLinesIsShort) { EXPECT_EQ(gist_of({"error: " + std::string(10'000, 'x')}).size(), 500U); }

}  // namespace
}  // namespace granary::build
