#include "python/metadata.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

constexpr const char* kFull =
    "Metadata-Version: 2.1\n"
    "Name: Foo.Bar\n"
    "Version: 1.0rc1\n"
    "Summary: A thing\n"
    "Home-page: UNKNOWN\n"
    "License: MIT License\n"
    "        \n"
    "        Second line\n"
    "Classifier: Programming Language :: Python\n"
    "classifier: Topic :: Software\n"
    "Project-URL: Source, https://example.com/src\n"
    "Project-URL: https://example.com\n"
    "Requires-Dist: numpy>=1,<2; extra == \"x\"\n"
    "Requires-Python: >=3.9\n"
    "Provides-Extra: x\n"
    "X-Unknown: ignored\n"
    "\n"
    "# Title\n"
    "\n"
    "Name: not a header\n";

TEST(CoreMetadata, GivesItsFields) {
  const auto metadata = parse_metadata(kFull);
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->metadata_version, "2.1");
  EXPECT_EQ(metadata->name, "Foo.Bar");
  EXPECT_EQ(metadata->version, "1.0rc1");
  EXPECT_EQ(metadata->summary, "A thing");
  EXPECT_EQ(metadata->home_page, "");
  EXPECT_EQ(metadata->license, "MIT License\n\nSecond line");
  EXPECT_EQ(metadata->classifiers,
            (std::vector<std::string>{"Programming Language :: Python", "Topic :: Software"}));
  ASSERT_EQ(metadata->project_urls.size(), 2U);
  EXPECT_EQ(metadata->project_urls[0],
            (std::pair<std::string, std::string>("Source", "https://example.com/src")));
  EXPECT_EQ(metadata->project_urls[1], (std::pair<std::string, std::string>("", "https://example.com")));
  EXPECT_EQ(metadata->requires_dist, std::vector<std::string>{"numpy>=1,<2; extra == \"x\""});
  EXPECT_EQ(metadata->requires_python, ">=3.9");
  EXPECT_EQ(metadata->provides_extra, std::vector<std::string>{"x"});
  EXPECT_EQ(metadata->description, "# Title\n\nName: not a header\n");
}

TEST(CoreMetadata, ReadsEveryEndOfLineAndADescriptionInAHeader) {
  const auto metadata = parse_metadata(
      "Metadata-Version: 1.0\r\nName: foo\r\nVersion: 1\r\nDescription: First\r\n        second\r\n       "
      "|third\r\n");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->description, "First\nsecond\nthird");
}

TEST(CoreMetadata, EndsItsHeadersAtTheFirstLineThatIsNone) {
  const auto metadata =
      parse_metadata("Metadata-Version: 2.1\nName: foo\nVersion: 1\nthis is prose\nSummary: no\n");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->summary, "");
  EXPECT_EQ(metadata->description, "this is prose\nSummary: no\n");
}

TEST(CoreMetadata, WithoutItsNameItsVersionOrWithWrongOnesIsRefused) {
  const std::string head = "Metadata-Version: 2.1\n";
  for (const std::string& text : std::vector<std::string>{
           "", "\n", head, head + "Name: foo\n", head + "Version: 1\n", head + "\nName: foo\nVersion: 1\n",
           "Name: foo\nVersion: 1\n", head + "Name: foo\nName: bar\nVersion: 1\n",
           head + "Name: -foo\nVersion: 1\n", head + "Name: foo\nVersion: one\n",
           head + "Name: foo\nVersion: 1\nRequires-Python: 3.9\n", head + "Name: UNKNOWN\nVersion: 1\n"}) {
    const auto metadata = parse_metadata(text);
    ASSERT_FALSE(metadata) << text;
    EXPECT_EQ(metadata.error().code(), Errc::invalid_argument) << text;
    EXPECT_FALSE(metadata.error().hint().empty()) << text;
  }
}

TEST(CoreMetadata, OfAbsurdSizeIsRefused) {
  const auto metadata = parse_metadata(std::string(kLargestMetadata + 1, 'a'));
  ASSERT_FALSE(metadata);
  EXPECT_EQ(metadata.error().code(), Errc::too_large);
}

}  // namespace
}  // namespace granary::python
