#include "python/filename.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

TEST(WheelFilename, IsTakenApart) {
  const auto wheel =
      parse_wheel_filename("Foo_bar-1.0rc1-1abc-py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
  ASSERT_TRUE(wheel);
  EXPECT_EQ(wheel->name, "Foo_bar");
  EXPECT_EQ(wheel->project, "foo-bar");
  EXPECT_EQ(wheel->version_text, "1.0rc1");
  EXPECT_EQ(wheel->version, Version::parse("1.0rc1"));
  EXPECT_EQ(wheel->build, "1abc");
  EXPECT_EQ(wheel->pythons, (std::vector<std::string>{"py2", "py3"}));
  EXPECT_EQ(wheel->abis, std::vector<std::string>{"none"});
  EXPECT_EQ(wheel->platforms, (std::vector<std::string>{"manylinux_2_17_x86_64", "manylinux2014_x86_64"}));
}

TEST(WheelFilename, MayHaveNoBuildTagAndALocalVersion) {
  const auto wheel = parse_wheel_filename("zope.interface-1!2.0+ubuntu.1-cp311-cp311-win_amd64.whl");
  ASSERT_TRUE(wheel);
  EXPECT_FALSE(wheel->build);
  EXPECT_EQ(wheel->project, "zope-interface");
  EXPECT_EQ(wheel->version.text(), "1!2.0+ubuntu.1");
}

TEST(WheelFilename, ThatIsWrongIsRefusedWithAHint) {
  for (const char* bad :
       {"", "foo.whl", "foo-1.0.whl", "foo-1.0-py3-none.whl", "foo-1.0-x1-py3-none-any.whl",
        "foo-x-py3-none-any.whl", "foo__bar-1.0-py3-none-any.whl", "foo-bar-1.0-py3-none-any.whl",
        "foo-1.0-py3-none-any.WHL", "foo-1.0--py3-none-any.whl", "foo-1.0-py3..py2-none-any.whl",
        "foo-1.0-py3-none-.whl", "-1.0-py3-none-any.whl", "../foo-1.0-py3-none-any.whl",
        "foo-1.0-1-2-py3-none-any.whl", "foo -1.0-py3-none-any.whl", "foo-1.0-py3-none-any.whl\n",
        "f\xC3\xA9-1.0-py3-none-any.whl", "_foo-1.0-py3-none-any.whl"}) {
    const auto wheel = parse_wheel_filename(bad);
    ASSERT_FALSE(wheel) << bad;
    EXPECT_EQ(wheel.error().code(), Errc::invalid_argument) << bad;
    EXPECT_FALSE(wheel.error().hint().empty()) << bad;
    EXPECT_EQ(wheel.error().message().find('\n'), std::string::npos) << bad;
  }
  EXPECT_FALSE(parse_wheel_filename(std::string(300, 'a') + "-1.0-py3-none-any.whl"));
}

TEST(SdistFilename, IsTakenApart) {
  const auto sdist = parse_sdist_filename("my_project-1.0.post1.tar.gz");
  ASSERT_TRUE(sdist);
  EXPECT_EQ(sdist->name, "my_project");
  EXPECT_EQ(sdist->project, "my-project");
  EXPECT_EQ(sdist->version_text, "1.0.post1");
  EXPECT_EQ(sdist->extension, ".tar.gz");
}

TEST(SdistFilename, OfOldToolsMayHaveDashesInTheName) {
  const auto sdist = parse_sdist_filename("my-old.project-1.0.zip");
  ASSERT_TRUE(sdist);
  EXPECT_EQ(sdist->name, "my-old.project");
  EXPECT_EQ(sdist->project, "my-old-project");
  EXPECT_EQ(sdist->extension, ".zip");
}

TEST(SdistFilename, IsCutWhereTheProjectEndsWhenThatIsKnown) {
  const auto guessed = parse_sdist_filename("foo-1.0-1.tar.gz");
  ASSERT_TRUE(guessed);
  EXPECT_EQ(guessed->name, "foo-1.0");
  const auto known = parse_sdist_filename("foo-1.0-1.tar.gz", "Foo");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->name, "foo");
  EXPECT_EQ(known->version.text(), "1.0.post1");
  const auto another = parse_sdist_filename("foo-1.0-1.tar.gz", "other");
  ASSERT_TRUE(another);
  EXPECT_EQ(another->name, "foo-1.0");
}

TEST(SdistFilename, ThatIsWrongIsRefused) {
  for (const char* bad :
       {"", "foo.tar.gz", "foo-.tar.gz", "-1.0.tar.gz", "foo-x.tar.gz", "foo-1.0.tgz", "foo-1.0.tar.bz2",
        "a/foo-1.0.tar.gz", "..-1.0.tar.gz", "foo-1.0.tar.gz.exe", "foo\\-1.0.zip"})
    EXPECT_FALSE(parse_sdist_filename(bad)) << bad;
}

}  // namespace
}  // namespace granary::python
