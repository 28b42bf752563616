#include "cli/package_choice.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temporary_folder.h"

namespace granary::cli {
namespace {

using Strings = std::vector<std::string>;

class PackageChoiceTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder.path() + '/' + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  static Result<PackageChoice> choose(const std::string& flag, const std::string& value) {
    Arguments args;
    args.values[flag] = value;
    return read_choice(args);
  }
  TemporaryFolder folder;
};

TEST_F(PackageChoiceTest, OfAListWithCommas) {
  EXPECT_EQ(choose("--package", "requests[socks,security]>=2,<3, numpy,six==1.16.0")->packages,
            (Strings{"requests[socks,security]>=2,<3", "numpy", "six==1.16.0"}));
  EXPECT_EQ(choose("--package", "R6@2.5.1,praise")->packages, (Strings{"R6@2.5.1", "praise"}));
  EXPECT_EQ(choose("--package", " ,").error().code(), Errc::invalid_argument);
  EXPECT_TRUE(read_choice({})->packages.empty());
}

TEST_F(PackageChoiceTest, OfAFileOfRequirementsWithThoseItNames) {
  write("base.txt", "six\n-r requirements.txt\n-c limits.txt\n");
  write("limits.txt", "idna<3.7\n-r more/limits.txt\n");
  write("more/limits.txt", "certifi<2024\n");
  const auto path = write("requirements.txt", "-r base.txt\nrequests ; python_version > '3'\n./here\n");
  const auto choice = choose("--requirements", path);
  ASSERT_TRUE(choice) << choice.error().message();
  EXPECT_EQ(choice->packages, (Strings{"requests ; python_version > '3'", "six"}));
  EXPECT_EQ(choice->constraints, (Strings{"idna<3.7", "certifi<2024"}));
  EXPECT_EQ(choice->skipped, Strings{"./here"});
  EXPECT_FALSE(choice->locked);
}

TEST_F(PackageChoiceTest, NamesTheFileThatIsWrong) {
  const auto path = write("requirements.txt", "six\n-r base.txt\n");
  EXPECT_NE(choose("--requirements", path).error().message().find("base.txt"), std::string::npos);
  write("base.txt", "\nfoo >=\n");
  const auto error = choose("--requirements", path).error();
  EXPECT_NE(error.message().find("base.txt: line 2: "), std::string::npos) << error.message();
  write("base.txt", "-r https://example.org/r.txt\n");
  EXPECT_EQ(choose("--requirements", path).error().code(), Errc::unsupported);
  write("base.txt", "# nothing\n");
  EXPECT_EQ(choose("--requirements", write("empty.txt", "./here\n")).error().code(), Errc::invalid_argument);
  EXPECT_NE(choose("--lockfile", write("x.lock", "nothing")).error().message().find("x.lock: "),
            std::string::npos);
}

TEST_F(PackageChoiceTest, OfLockfilesWhateverTheirName) {
  const auto renv = choose("--lockfile", write("a", R"({"Packages": {"R6": {"Version": "2.5.1"}}})"));
  ASSERT_TRUE(renv) << renv.error().message();
  EXPECT_EQ(renv->packages, Strings{"R6@2.5.1"});
  EXPECT_TRUE(renv->locked);
  const auto uv = choose("--lockfile", write("b", "[[package]]\nname = \"six\"\nversion = \"1.16.0\"\n"));
  EXPECT_EQ(uv->packages, Strings{"six==1.16.0"});
}

TEST_F(PackageChoiceTest, OneWayOfChoosingIsEnough) {
  Arguments args;
  args.values["--package"] = "six";
  args.values["--lockfile"] = "x";
  EXPECT_EQ(read_choice(args).error().code(), Errc::invalid_argument);
  args.values.erase("--lockfile");
  args.values["--newest"] = "none";
  EXPECT_EQ(read_choice(args).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::cli
