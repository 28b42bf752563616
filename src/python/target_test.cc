#include "python/target.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

bool takes_wheel(const char* python, std::vector<std::string> platforms, const char* tags) {
  const auto target = parse_target(python, platforms);
  EXPECT_TRUE(target) << target.error().message();
  return target && takes(*target, std::string("a-1.0-") + tags + ".whl", true, "");
}

TEST(Target, TakesTheWheelsThatRunThere) {
  struct Case {
    const char *python, *platform, *tags;
    bool taken;
  };
  for (const auto& one : std::initializer_list<Case>{
           {"", "linux_x86_64", "py3-none-any", true},
           {"3.11", "", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", true},
           {"3.11", "", "cp312-cp312-win_amd64", false},
           {"3.11", "", "cp38-abi3-win_amd64", true},
           {"3.7", "", "cp38-abi3-win_amd64", false},
           {"3.11", "", "cp38-cp38-win_amd64", false},
           {"3.11", "", "py2.py3-none-any", true},
           {"3.11", "", "py2-none-any", false},
           {"3.11", "", "py39-none-any", true},
           {"3.11", "", "pp310-pypy310_pp73-win_amd64", false},
           {"3.11.4", "", "cp311-cp311-win_amd64", true},
           {"", "linux_x86_64", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", true},
           {"", "linux_x86_64", "cp311-cp311-manylinux1_x86_64", true},
           {"", "linux_x86_64", "cp311-cp311-linux_x86_64", true},
           {"", "manylinux2014_x86_64", "cp311-cp311-manylinux_2_28_x86_64", true},
           {"", "linux_x86_64", "cp311-cp311-musllinux_1_2_x86_64", false},
           {"", "musllinux_x86_64", "cp311-cp311-musllinux_1_2_x86_64", true},
           {"", "linux_aarch64", "cp311-cp311-manylinux_2_17_x86_64", false},
           {"", "win_amd64", "cp311-cp311-win_amd64", true},
           {"", "win32", "cp311-cp311-win32", true},
           {"", "win_amd64", "cp311-cp311-win32", false},
           {"", "macosx_arm64", "cp311-cp311-macosx_11_0_arm64", true},
           {"", "macosx_arm64", "cp311-cp311-macosx_10_9_universal2", true},
           {"", "macosx_arm64", "cp311-cp311-macosx_10_9_x86_64", false}}) {
    std::vector<std::string> platforms;
    if (*one.platform != '\0') platforms.emplace_back(one.platform);
    EXPECT_EQ(takes_wheel(one.python, platforms, one.tags), one.taken)
        << one.python << ' ' << one.platform << ' ' << one.tags;
  }
  EXPECT_TRUE(takes_wheel("", {"win_amd64", "linux_x86_64"}, "cp311-cp311-manylinux1_x86_64"));
}

TEST(Target, TakesSourcesOfWhateverItsPythonIsAllowed) {
  const auto target = parse_target("3.11", {"win_amd64"}).value();
  EXPECT_TRUE(takes(target, "a-1.0.tar.gz", false, ">=3.8"));
  EXPECT_FALSE(takes(target, "a-1.0.tar.gz", false, ">=3.12"));
  EXPECT_FALSE(takes(target, "a-1.0-py3-none-any.whl", true, "<3"));
  EXPECT_TRUE(takes(target, "strange.whl", true, "")) << "who knows";
  EXPECT_TRUE(takes({}, "a-1.0-cp27-none-win32.whl", true, "<3"));
}

TEST(Target, SaysWhatMarkersAskFor) {
  const auto two = environments_of(parse_target("3.11.4", {"manylinux2014_x86_64", "win_amd64"}).value());
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].at("sys_platform"), "linux");
  EXPECT_EQ(two[0].at("platform_machine"), "x86_64");
  EXPECT_EQ(two[0].at("python_version"), "3.11");
  EXPECT_EQ(two[0].at("python_full_version"), "3.11.4");
  EXPECT_EQ(two[1].at("platform_machine"), "AMD64");
  EXPECT_EQ(two[1].at("os_name"), "nt");
  const auto any = environments_of({});
  ASSERT_EQ(any.size(), 1U);
  EXPECT_TRUE(any[0].empty());
  EXPECT_FALSE(environments_of(parse_target("3.11", {}).value())[0].contains("python_full_version"));
}

TEST(Target, RefusesWhatIsNone) {
  EXPECT_EQ(parse_target("three", {}).error().code(), Errc::invalid_argument);
  for (const auto* platform : {"beos_x86", "linux", "linux_", "any", "", "_"})
    EXPECT_FALSE(parse_target("", {platform})) << platform;
}

}  // namespace
}  // namespace granary::python
