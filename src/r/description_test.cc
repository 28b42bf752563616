#include "r/description.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace granary::r {
namespace {

std::string refusal(std::string_view text) {
  const auto description = parse_description(text);
  return description ? "none" : description.error().message();
}

TEST(Description, GivesItsFields) {
  const auto description = parse_description("Package: demo\nVersion: 1.0-2\nImports: a,\n    b (>= 1.0)\n");
  ASSERT_TRUE(description);
  EXPECT_EQ(description->package(), "demo");
  EXPECT_EQ(description->version(), "1.0-2");
  EXPECT_EQ(description->get("Imports"), "a,\nb (>= 1.0)");
  EXPECT_EQ(description->get("Depends"), "");
}

TEST(Description, DeclaredLatin1BecomesUtf8) {
  const auto description =
      parse_description("Package: demo\nVersion: 1.0\nEncoding: latin1\nTitle: caf\xe9\n");
  ASSERT_TRUE(description);
  EXPECT_EQ(description->get("Title"), "caf\xc3\xa9");
}

TEST(Description, UndeclaredBytesAreShownAsHex) {
  const auto description = parse_description("Package: demo\nVersion: 1.0\nTitle: caf\xe9 \xc3\xa9\n");
  ASSERT_TRUE(description);
  EXPECT_EQ(description->get("Title"), "caf<e9> \xc3\xa9");
}

TEST(Description, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(refusal(""), "DESCRIPTION is empty");
  EXPECT_EQ(refusal("Version: 1.0\n"), "DESCRIPTION has no Package field");
  EXPECT_EQ(refusal("Package: demo\n"), "DESCRIPTION has no Version field");
  EXPECT_EQ(refusal("Package: demo\nVersion: 1.0\nVersion: 1.1\n"),
            "DESCRIPTION has more than one Version field");
  EXPECT_EQ(refusal("Package: d\nVersion: 1.0\n"), "'d' is not a name that R allows a package");
  EXPECT_EQ(refusal("Package: demo\nVersion: 1\n"), "'1' is not a version that R allows a package");
  EXPECT_EQ(refusal("Package: demo\n\nVersion: 1.0\n"), "DESCRIPTION has a blank line between its fields");
  EXPECT_EQ(refusal("Package demo\n"), "line 1 of the control file is not 'Field: value'");
  EXPECT_EQ(refusal(std::string(kMaxDescription + 1, 'a')), "the control file is larger than 1.0 MB");
}

TEST(ToUtf8, AlwaysGivesUtf8) {
  std::string every;
  for (int i = 1; i < 256; ++i) every += static_cast<char>(i);
  for (const auto* encoding : {"", "UTF-8", "latin1", "ISO-8859-1", "latin2", "junk"})
    EXPECT_TRUE(is_valid_utf8(to_utf8(every, encoding))) << encoding;
}

}  // namespace
}  // namespace granary::r
