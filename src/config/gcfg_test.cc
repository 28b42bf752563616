#include "config/gcfg.h"

#include <gtest/gtest.h>

namespace granary::config {
namespace {

struct ValueCase {
  const char* text;
  const char* value;
};

class GcfgValue : public testing::TestWithParam<ValueCase> {};

TEST_P(GcfgValue, IsReadAsGitReadsIt) {
  const auto entries = parse_gcfg(std::string("[S]\nK =") + GetParam().text + "\n", "f");
  ASSERT_TRUE(entries) << entries.error().message();
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Values, GcfgValue,
    testing::Values(ValueCase{" plain", "plain"}, ValueCase{"  two words  ", "two words"},
                    ValueCase{" \"a;b#c\" ; comment", "a;b#c"}, ValueCase{" a ; comment", "a"},
                    ValueCase{" a # comment", "a"}, ValueCase{" \" padded \"", " padded "},
                    ValueCase{" a\\\\b", "a\\b"}, ValueCase{" a\\tb\\n", "a\tb\n"},
                    ValueCase{" a\\\"b", "a\"b"}, ValueCase{" one \\\n two", "one  two"}, ValueCase{"", ""},
                    ValueCase{" pre\"in ner\"post", "prein nerpost"}, ValueCase{" crlf\r", "crlf"},
                    ValueCase{" \"\"", ""}, ValueCase{" a=b", "a=b"}));

TEST(Gcfg, SectionsAreAdditiveAndKeepSubsections) {
  // Given the same section twice, a subsection, and an entry on the line of its section
  const auto entries = parse_gcfg("[A]\nx = 1\n[B \"My \\\"sub\"] y = 2\n[A] ; again\nz\n", "f");
  // Then every entry knows where it stands
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ((*entries)[1].subsection, "My \"sub");
  EXPECT_EQ((*entries)[2].section, "A");
  EXPECT_FALSE((*entries)[2].has_value);
  EXPECT_EQ((*entries)[2].line, 5);
}

TEST(Gcfg, ErrorsNameTheFileAndLine) {
  for (const char* text : {"\n\nkey = 1", "[A]\n\n=", "[A\n", "[A]\n\nkey value", "\n\n[]",
                           "[A]\n\nk = \"open\nx", "[A]\n\nk = \\q", "[A]\n\nk = \\"}) {
    const auto entries = parse_gcfg(text, "file.gcfg");
    ASSERT_FALSE(entries) << text;
    EXPECT_EQ(entries.error().code(), Errc::invalid_argument);
    EXPECT_EQ(entries.error().message().substr(0, 10), "file.gcfg:") << entries.error().message();
    EXPECT_FALSE(entries.error().hint().empty());
  }
  EXPECT_EQ(parse_gcfg("\n\nkey = 1", "f").error().message(), "f:3: the key 'key' is in no section");
}

TEST(Gcfg, AQuotedValueIsReadBackUnchanged) {
  for (const std::string value : {"a", " a ", "x;y", "q\"q", "b\\s", "l1\nl2", "\t", ""}) {
    const auto entries = parse_gcfg("[S]\nK = " + quoted_value(value), "f");
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->front().value, value);
  }
}

}  // namespace
}  // namespace granary::config
