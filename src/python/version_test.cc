#include "python/version.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "python/testing/packaging_oracle.h"

namespace granary::python {
namespace {

/// Every spelling of each part with each of the others: some thousand texts, good and bad.
std::vector<std::string> many_spellings() {
  const std::vector<std::string> releases = {"1", "1.0", "0.9.10", "v1.2", "2!1.0", "1.02"};
  const std::vector<std::string> pres = {"",    "a",   "a1",   ".alpha.2", "-b_3",       "beta",
                                         "_c4", "rc5", ".rc.", "pre1",     "-preview-07"};
  const std::vector<std::string> posts = {"", "-1", ".post", "post2", "-r3", "_rev_4", ".post-"};
  const std::vector<std::string> devs = {"", "dev", ".dev1", "-DEV_2"};
  std::vector<std::string> texts;
  for (const auto& release : releases)
    for (const auto& pre : pres)
      for (const auto& post : posts)
        for (const auto& dev : devs) texts.push_back(release + pre + post + dev);
  for (const char* local : {"+abc", "+1", "+01.x", "+ubuntu-2_3", "+ABC.9", "+10", "+9"})
    for (const char* base : {"1.0", "1.0.post1", "1.0a1"}) texts.push_back(std::string(base) + local);
  const std::vector<std::string> odd = {"",
                                        " ",
                                        "1.",
                                        ".1",
                                        "1..2",
                                        "a1",
                                        "1.0+",
                                        "1.0+a..b",
                                        "1.0+a b",
                                        "1.0 ",
                                        " 1.0\n",
                                        "1!",
                                        "!1",
                                        "1.0-",
                                        "1.0--1",
                                        "1.0-1-2",
                                        "1.0a1a2",
                                        "1.0.dev1.dev2",
                                        "1.0.post1a1",
                                        "1.0.devel",
                                        "1.0alphabet",
                                        "v",
                                        "vv1",
                                        "V1.0",
                                        "1.0v",
                                        "french",
                                        "1.0.0.0.0.0",
                                        "0",
                                        "00",
                                        "0.0",
                                        "1.0A1",
                                        "1.0RC1",
                                        "1.0.POST1",
                                        "99999999999999999999999999999.1",
                                        "1.0.post99999999999999999999999",
                                        "20240101",
                                        "2004d",
                                        "1.0+\xC3\xA9",
                                        "1\xD9\xA3",
                                        "1.0a.-1",
                                        "1.0_1",
                                        "1.0.1_a",
                                        "1,0",
                                        "1.0/2",
                                        "1.0\t",
                                        "1\n.0",
                                        "1.0-r",
                                        "1.0r",
                                        "1.0c",
                                        "1.0.c-1",
                                        "1!2!3",
                                        "1.0.post.dev",
                                        "1.0-dev-post"};
  texts.insert(texts.end(), odd.begin(), odd.end());
  return texts;
}

TEST(PythonVersion, IsReadWrittenAndOrderedAsPackagingDoes) {
  const auto texts = many_spellings();
  const auto answers = ask_packaging(R"(
import json, sys
texts = json.load(sys.stdin)
good = {}
for i, text in enumerate(texts):
    try:
        good[i] = Version(text)
        print("=" + str(good[i]))
    except InvalidVersion:
        print("bad")
print("order")
ranked = sorted(good, key=lambda i: good[i])
for before, after in zip(ranked, ranked[1:]):
    print(before, after, "==" if good[before] == good[after] else "<")
)",
                                     texts);
  if (IsSkipped() || HasFailure()) return;
  ASSERT_GT(answers.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto version = Version::parse(texts[i]);
    EXPECT_EQ(version ? "=" + version->text() : "bad", answers[i]) << "'" << texts[i] << "'";
  }
  std::size_t compared = 0;
  for (std::size_t i = texts.size() + 1; i < answers.size(); ++i) {
    const auto parts = split(answers[i], ' ');
    const auto& before = texts[parse_unsigned(parts[0]).value()];
    const auto& after = texts[parse_unsigned(parts[1]).value()];
    const auto expected = parts[2] == "<" ? std::strong_ordering::less : std::strong_ordering::equal;
    EXPECT_TRUE(compare_versions(before, after) == expected) << before << " " << parts[2] << " " << after;
    ++compared;
  }
  EXPECT_GT(compared, 1500U);
}

TEST(PythonVersion, OrderOfPep440Holds) {
  const std::vector<std::string> ascending = {"garbage",
                                              "1.0.dev456",
                                              "1.0a1",
                                              "1.0a2.dev456",
                                              "1.0a12.dev456",
                                              "1.0a12",
                                              "1.0b1.dev4",
                                              "1.0b2",
                                              "1.0b2.post345.dev456",
                                              "1.0b2.post345",
                                              "1.0rc1",
                                              "1.0",
                                              "1.0+abc.5",
                                              "1.0+abc.7",
                                              "1.0+5",
                                              "1.0.post456.dev34",
                                              "1.0.post456",
                                              "1.1.dev1",
                                              "1!0.1"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k)
      EXPECT_TRUE(compare_versions(ascending[i], ascending[k]) == (i <=> k))
          << ascending[i] << " " << ascending[k];
}

TEST(PythonVersion, TrailingZerosDoNotMatter) {
  EXPECT_EQ(Version::parse("1.0"), Version::parse("1.0.0.0"));
  EXPECT_EQ(Version::parse("1.0")->text(), "1.0");
}

TEST(PythonVersion, OfAbsurdLengthIsRefused) {
  EXPECT_TRUE(Version::parse(std::string(512, '1')));
  EXPECT_FALSE(Version::parse(std::string(513, '1')));
}

}  // namespace
}  // namespace granary::python
