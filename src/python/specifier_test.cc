#include "python/specifier.h"

#include <gtest/gtest.h>

#include "python/testing/packaging_oracle.h"

namespace granary::python {
namespace {

// Forms on which the releases of `packaging` differ (wildcards after a pre-release) are left out.
const std::vector<std::string> kSpecifiers = {
    "",
    ">=3.9",
    ">=3.9,<4",
    ">= 3.9 , < 4",
    ">=3.9,",
    ",",
    "==3.*",
    "==3.9.*",
    "!=3.9.*",
    ">=3.*",
    "~=3",
    "~=3.9",
    "~=3.9.1rc1",
    "~=3.9+local",
    "==1.0+ab",
    ">=1.0+ab",
    "!=1.0+ab.1",
    "===anything",
    "=== any",
    "===a b",
    "===a;b",
    "3.9",
    "=3.9",
    "=>3.9",
    "> 3",
    ">3.9.dev0",
    ">3.9-1",
    ">v3.9",
    "<=1!3.9",
    ">=3.9 and <4",
    ">='3.9'",
    "==3.9.",
    "==3.9.x",
    "==*",
    "<4.0.post",
    "<4.0a.",
    "!=3.0.*,!=3.1.*,>=2.7",
    ">=2.7, !=3.0.*, !=3.1.*",
    "~=1.0.*",
    "<3.9;",
    ">",
    "==1.0_1",
    "==1.0-rc",
    "==1.0a-.dev1",
    "<>3",
    "~>3.9",
    "==1.0+",
    "==1.0+a..b",
};

TEST(VersionSpecifier, IsGoodExactlyWhenPackagingReadsIt) {
  std::string script = R"(
import json, sys
for text in json.load(sys.stdin):
    try:
        SpecifierSet(text)
        print("good")
    except InvalidSpecifier:
        print("bad")
)";
  const auto answers = ask_packaging(script, kSpecifiers);
  if (IsSkipped() || HasFailure()) return;
  ASSERT_EQ(answers.size(), kSpecifiers.size());
  for (std::size_t i = 0; i < kSpecifiers.size(); ++i)
    EXPECT_EQ(check_specifiers(kSpecifiers[i]) ? "good" : "bad", answers[i]) << kSpecifiers[i];
}

TEST(VersionSpecifier, NamesTheClauseThatIsWrong) {
  const auto result = check_specifiers(">=3.9,=>4");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::invalid_argument);
  EXPECT_EQ(result.error().message(), "'=>4' is not a version specifier");
  EXPECT_FALSE(result.error().hint().empty());
}

}  // namespace
}  // namespace granary::python
