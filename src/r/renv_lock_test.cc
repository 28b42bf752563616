#include "r/renv_lock.h"

#include <gtest/gtest.h>

namespace granary::r {
namespace {

using Strings = std::vector<std::string>;

TEST(RenvLock, NamesPackagesWithTheirVersions) {
  const auto read = parse_renv_lock(R"({
    "R": {"Version": "4.3.2", "Repositories": [{"Name": "CRAN", "URL": "https://cloud.r-project.org"}]},
    "Bioconductor": {"Version": "3.18"},
    "Packages": {
      "R6": {"Package": "R6", "Version": "2.5.1", "Source": "Repository", "Repository": "CRAN", "Hash": "470851b6"},
      "BiocGenerics": {"Package": "BiocGenerics", "Version": "0.48.1", "Source": "Bioconductor"},
      "mine": {"Package": "mine", "Version": "0.1", "Source": "GitHub", "RemoteHost": "api.github.com"},
      "old": {"Version": "1.0-2"}
    }})");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->packages, (Strings{"R6@2.5.1", "BiocGenerics@0.48.1", "old@1.0-2"}));
  EXPECT_EQ(read->skipped, Strings{"mine@0.1"});
  EXPECT_EQ(read->bioconductor, "3.18");
  EXPECT_EQ(parse_pinned("R6@2.5.1").name, "R6");
  EXPECT_EQ(parse_pinned("R6@2.5.1").version, "2.5.1");
  EXPECT_EQ(parse_pinned("R6").version, "");
}

TEST(RenvLock, NothingElse) {
  for (const auto* text : {"", "[]", "{", "{}", R"({"Packages": []})",
                           R"({"Packages": {"../x": {"Version": "1.0"}}})", R"({"Packages": {"R6": {}}})"})
    EXPECT_EQ(parse_renv_lock(text).error().code(), Errc::invalid_argument) << text;
}

}  // namespace
}  // namespace granary::r
