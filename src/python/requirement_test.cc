#include "python/requirement.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

TEST(Requirement, IsReadAsPep508WritesIt) {
  struct Case {
    const char *text, *project, *extras, *specifiers, *marker;
  };
  for (const auto& one : std::initializer_list<Case>{
           {"requests", "requests", "", "", ""},
           {" Foo.Bar [B, a] >= 2.8.1 , == 2.8.* ; python_version < \"2.7\"", "foo-bar", "b a",
            ">= 2.8.1 , == 2.8.*", "python_version < \"2.7\""},
           {"charset_normalizer (<4,>=2)", "charset-normalizer", "", "<4,>=2", ""},
           {"PySocks!=1.5.7,>=1.5.6; extra == \"socks\"", "pysocks", "", "!=1.5.7,>=1.5.6",
            "extra == \"socks\""},
           {"a ; python_version > '3' and (extra == 'My_X')", "a", "", "",
            "python_version > '3' and (extra == 'My_X')"},
           {"pip @ https://example.org/pip.zip ; extra == 'all'", "pip", "", "", "extra == 'all'"}}) {
    const auto read = parse_requirement(one.text);
    ASSERT_TRUE(read) << one.text << ": " << read.error().message();
    std::string extras;
    for (const auto& extra : read->extras) extras += (extras.empty() ? "" : " ") + extra;
    EXPECT_EQ(read->project, one.project);
    EXPECT_EQ(extras, one.extras) << one.text;
    EXPECT_EQ(read->specifiers, one.specifiers) << one.text;
    EXPECT_EQ(read->marker, one.marker) << one.text;
  }
  for (const auto* text : {"", "-foo", "foo >= ", "foo[", "foo bar", "../etc"})
    EXPECT_FALSE(parse_requirement(text)) << text;
}

TEST(Requirement, AllowsWhatPep440Allows) {
  struct Case {
    const char *specifiers, *version;
    bool allowed;
  };
  for (const auto& one : std::initializer_list<Case>{{"", "1.0", true},
                                                     {"==1.0", "1.0.0", true},
                                                     {"==1.0", "1.0+local", true},
                                                     {"==1.0+here", "1.0+local", false},
                                                     {"==1.1.*", "1.1.9", true},
                                                     {"==1.1.*", "1.10", false},
                                                     {"==1.*", "1", true},
                                                     {"!=1.1.*", "1.1.9", false},
                                                     {"~=2.2", "2.9", true},
                                                     {"~=2.2", "3.0", false},
                                                     {"~=1.4.5", "1.4.9", true},
                                                     {"~=1.4.5", "1.5", false},
                                                     {">=2,<3", "2.5", true},
                                                     {">=2,<3", "3.0", false},
                                                     {"<3", "3.0rc1", false},
                                                     {"<3.0rc2", "3.0rc1", true},
                                                     {">1.7", "1.7.post1", false},
                                                     {">1.7", "1.7.1", true},
                                                     {">1.7", "1.7+local", false},
                                                     {">1.7.post1", "1.7.post2", true},
                                                     {"===1.0", "1.0", true},
                                                     {"nonsense", "1.0", false}})
    EXPECT_EQ(allows(one.specifiers, *Version::parse(one.version)), one.allowed)
        << one.specifiers << ' ' << one.version;
}

}  // namespace
}  // namespace granary::python
