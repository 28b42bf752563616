#include "python/name.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

TEST(PythonName, IsNormalizedAsPep503Says) {
  EXPECT_EQ(normalize_name("Friendly-Bard"), "friendly-bard");
  EXPECT_EQ(normalize_name("FRIENDLY._.--bard"), "friendly-bard");
  EXPECT_EQ(normalize_name("a.b_c-d"), "a-b-c-d");
  EXPECT_EQ(normalize_name("__a__"), "-a-");
  EXPECT_EQ(normalize_name(""), "");
}

TEST(PythonName, IsValidWhenItBeginsAndEndsWithALetterOrDigit) {
  for (const char* good : {"a", "A1", "zope.interface", "a--b", "0", "a_b"})
    EXPECT_TRUE(is_valid_name(good)) << good;
  for (const char* bad : {"", "-a", "a-", ".a", "a_", "a b", "a/b", "\xC3\xA9", "a\n", ".."})
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  EXPECT_FALSE(is_valid_name(std::string(201, 'a')));
}

TEST(PythonName, IsNormalizedOnlyWhenNormalizingChangesNothing) {
  for (const char* name : {"a", "a-b", "a1-2"}) EXPECT_TRUE(is_normalized_name(name)) << name;
  for (const char* name : {"A", "a_b", "a.b", "a--b", "-a", ""})
    EXPECT_FALSE(is_normalized_name(name)) << name;
}

}  // namespace
}  // namespace granary::python
