#include "r/version.h"

#include <gtest/gtest.h>

#include "r/testing/rscript.h"

namespace granary::r {
namespace {

std::string order_of(std::string_view a, std::string_view b) {
  const auto order = compare_versions(a, b);
  return order < 0 ? "-1" : order > 0 ? "1" : "0";
}

const std::vector<std::string> kVersions = {
    "0.1",   "0.1.0",      "0.1-0",      "0.01", "0.10",         "1.0",          "1.0.0",
    "1.0-1", "1.0.1",      "1.0.0.9000", "1.1",  "1.10",         "1.9",          "1.9-9",
    "2.0-1", "2023.12.01", "10.0",       "0.0",  "2147483647.0", "1.2147483647", "3.5.0-1",
    "3.5.0", "3.5",        "00.1",       "1-1",  "1-1-1",        "7.3-60",       "7.3-58.1"};

TEST(Version, OrdersEveryPairAsRDoes) {
  std::string ours, script = "v <- c(";
  for (const auto& a : kVersions) {
    script += (&a == &kVersions.front() ? "'" : ",'") + a + "'";
    for (const auto& b : kVersions) ours += order_of(a, b) + "\n";
  }
  script += ")\nfor (a in v) for (b in v) cat(compareVersion(a, b), '\\n', sep = '')\n";

  const auto theirs = run_rscript(script, {});

  if (theirs) {
    EXPECT_EQ(ours, *theirs);
  }
}

TEST(Version, IsValidExactlyWhereRSaysSo) {
  const std::vector<std::string> texts = {"1.0",           "1",    "1.",   ".1",   "1..2", "1.0-",   "a.b",
                                          "1.0a",          "1.0 ", "-1.0", "1-0",  "0",    "01.002", "1_0",
                                          "1.2.3.4.5.6.7", "1,0",  "+1.0", "1.0\n"};
  std::string ours, script = "v <- c(";
  for (const auto& text : texts) {
    script += (&text == &texts.front() ? "'" : ",'") + text + "'";
    ours += Version::parse(text) ? "TRUE\n" : "FALSE\n";
  }
  script += ")\nfor (x in v) cat(!is.na(package_version(x, strict = FALSE)), '\\n', sep = '')\n";

  const auto theirs = run_rscript(script, {});

  if (theirs) {
    EXPECT_EQ(ours, *theirs);
  }
}

TEST(Version, DoesNotTakeIntegersThatRCannotHold) {
  EXPECT_TRUE(Version::parse("1.2147483647"));
  EXPECT_FALSE(Version::parse("1.2147483648"));
  EXPECT_FALSE(Version::parse("1." + std::string(400, '9')));
}

TEST(Version, OfTooManyPartsIsRefused) {
  std::string text = "1";
  for (int i = 0; i < 200; ++i) text += ".1";
  EXPECT_FALSE(Version::parse(text));
}

TEST(Version, DashAndDotAreTheSame) { EXPECT_EQ(*Version::parse("1.0-1"), *Version::parse("1.0.1")); }

TEST(Version, ThatIsNoneIsOlderThanAnyOther) {
  EXPECT_EQ(order_of("junk", "0.0"), "-1");
  EXPECT_EQ(order_of("0.0", ""), "1");
  EXPECT_EQ(order_of("a", "b"), "-1");
}

}  // namespace
}  // namespace granary::r
