#include "r/dependencies.h"

#include <gtest/gtest.h>

namespace granary::r {
namespace {

using Strings = std::vector<std::string>;

TEST(Dependencies, AreThoseThatInstallingNeeds) {
  EXPECT_EQ(
      dependencies_of("Package: a\nDepends: R (>= 3.5), methods, bbb\nImports: ccc (>= 1.0),\n  ddd,bbb\n"
                      "LinkingTo: Rcpp\nSuggests: eee\n"),
      (Strings{"bbb", "ccc", "ddd", "Rcpp"}));
  EXPECT_EQ(dependencies_of("Package: a\nImports: stats, ,utils (>= 4)\n"), Strings{});
  EXPECT_EQ(dependencies_of("rubbish"), Strings{});
}

}  // namespace
}  // namespace granary::r
