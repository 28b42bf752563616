#include "view/names.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace granary::view {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Names::Part part(const Rows& rows) {
  SourceNames names;
  for (const auto& [name, title] : rows) names.add(name, title);
  names.finish();
  return std::make_shared<const SourceNames>(std::move(names));
}

std::string found(const Names& names, NameQuery query) {
  const auto page = names.select(query);
  return join(page.names, " ") + " of " + std::to_string(page.total);
}
std::string like(const Names& names, const std::string& text, bool exact_first = false) {
  return found(names, {.like = text, .exact_first = exact_first});
}

const Rows kRows = {{"DBI", "R Database Interface"},
                    {"RSQLite", "SQLite Interface for R"},
                    {"dbi2", ""},
                    {"ggplot2", "Create Elegant Data Visualisations Using the Grammar of Graphics"},
                    {"xDBI", "Data bases"}};

TEST(Names, AreFoundWhateverTheCaseNamesBeforeTitles) {
  const Names names({part(kRows)});
  EXPECT_EQ(like(names, "dbi"), "DBI dbi2 xDBI of 3");
  EXPECT_EQ(like(names, "SQLITE"), "RSQLite of 1");
  EXPECT_EQ(like(names, "data"), "DBI ggplot2 xDBI of 3");
  EXPECT_EQ(like(names, "g"), "ggplot2 of 1");
  EXPECT_EQ(like(names, "interface"), "DBI RSQLite of 2");
  EXPECT_EQ(like(names, "nterface"), " of 0");
  EXPECT_EQ(like(names, "Graphics, elegant"), "ggplot2 of 1");
  EXPECT_EQ(like(names, "graphics database"), " of 0");
  EXPECT_EQ(like(names, "BI\nds"), " of 0");
  EXPECT_EQ(like(names, " "), " of 0");
}

TEST(Names, TheOneThatIsSearchedForComesFirstIfThatIsWanted) {
  const Names names({part({{"adbi", ""}, {"bdbi", ""}, {"dbi", ""}, {"dbix", ""}})});
  EXPECT_EQ(like(names, "DBI"), "adbi bdbi dbi dbix of 4");
  EXPECT_EQ(like(names, "DBI", true), "dbi adbi bdbi dbix of 4");
  EXPECT_EQ(found(names, {.like = "dbi", .exact_first = true, .from = 1, .count = 2}), "adbi bdbi of 4");
}

TEST(Names, OfSeveralSourcesAreOneList) {
  const Names names(
      {part({{"b", "mine"}, {"d", ""}}), part({{"a", ""}, {"b", "theirs"}, {"c", "mine too"}})});
  EXPECT_EQ(found(names, {}), "a b c d of 4");
  EXPECT_EQ(found(names, {.from = 1, .count = 2}), "b c of 4");
  EXPECT_EQ(found(names, {.from = SIZE_MAX}), " of 4");
  EXPECT_EQ(found(names, {.exact = "c"}), "c of 1");
  EXPECT_EQ(found(names, {.exact = "e"}), " of 0");
  EXPECT_EQ(like(names, "b"), "b of 1");
  EXPECT_EQ(like(names, "mine"), "b c of 2");
  EXPECT_EQ(like(names, "theirs"), " of 0");  // the title of what the first source shows otherwise
  EXPECT_TRUE(names.contains("c"));
  EXPECT_FALSE(names.contains("cc"));
}

TEST(Names, NoneAreNone) {
  EXPECT_EQ(found(Names({}), {}), " of 0");
  EXPECT_EQ(like(Names({part({})}), "a"), " of 0");
}

}  // namespace
}  // namespace granary::view
