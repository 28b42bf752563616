#include "mirror/fetch_order.h"

#include <gtest/gtest.h>

namespace granary::mirror {
namespace {

TEST(FetchOrder, IsReadAsItWasWritten) {
  FetchOrder order;
  order.sources = {"cran", "team"};
  EXPECT_EQ(to_text(order), R"({"sources":["cran","team"]})");
  order.packages = {"R6@2.5.1", "a\"b"};
  order.constraints = {"x<2"};
  order.newest = 3;
  order.dependencies = order.latest = false;
  order.dates = {"2024-05-01"};
  order.trees = {"src/contrib"};
  order.python = "3.11";
  order.platforms = {"win_amd64"};
  order.all = order.dry_run = true;
  const auto text = to_text(order);
  const auto read = parse_fetch_order(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_text(*read), text);
  for (const auto* wrong : {"", "[]", "{}", R"({"sources":[]})"})
    EXPECT_EQ(parse_fetch_order(wrong).error().code(), Errc::invalid_argument) << wrong;
}

TEST(FetchOrder, OfTheSettings) {
  model::Source cran;
  cran.name = "mine";
  cran.type = model::SourceType::cran;
  EXPECT_FALSE(order_of({}, cran));
  EXPECT_FALSE(order_of({.pypi = "all"}, cran));
  const auto all = order_of({.cran = " All "}, cran);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->all);
  EXPECT_FALSE(all->dependencies);
  EXPECT_EQ(all->newest, 0U);
  EXPECT_EQ(all->sources, std::vector<std::string>{"mine"});
  EXPECT_EQ(order_of({.cran = "newest 3"}, cran)->newest, 3U);
  EXPECT_TRUE(check(FetchSettings{.cran = "newest 1", .pypi = "none", .bioconductor = ""}));
  for (const auto* wrong : {"newest", "newest 0", "newest -1", "some", "1"}) {
    const auto checked = check(FetchSettings{.pypi = wrong});
    ASSERT_FALSE(checked) << wrong;
    EXPECT_TRUE(checked.error().message().starts_with("PyPI.Fetch: ")) << checked.error().message();
  }
}

}  // namespace
}  // namespace granary::mirror
