#include "build/builder.h"

#include <gtest/gtest.h>

namespace granary::build {
namespace {

TEST(Builder, UrlsOfTheFourTransportsAreTaken) {
  EXPECT_EQ(check_url("https://git.example.com/team/pkg.git").value(), Transport::https);
  EXPECT_EQ(check_url("http://127.0.0.1:8080/pkg.git").value(), Transport::https);
  EXPECT_EQ(check_url("ssh://git@git.example.com:22/team/pkg.git").value(), Transport::ssh);
  EXPECT_EQ(check_url("git@git.example.com:team/pkg.git").value(), Transport::ssh);
  EXPECT_EQ(check_url("file:///srv/git/pkg.git").value(), Transport::file);
}

TEST(Builder, UrlsThatAreOptionsOrOtherTransportsAreRefused) {
  for (const auto* url :
       {"", "-u", "--upload-pack=touch /tmp/x", "ext::sh -c touch% /tmp/x", "/srv/git/pkg", "pkg.git",
        "git://example.com/pkg.git", "ssh://-oProxyCommand=x/pkg", "ssh://user@-host/pkg",
        "git@-oProxyCommand=x:pkg", "https:///pkg.git", "https://h/a b", "https://h/a\nb", "file://host/pkg",
        "file:///srv/../etc", "fd::17", "ftp://h/x"})
    EXPECT_EQ(check_url(url).error().code(), Errc::invalid_argument) << url;
}

TEST(Builder, CredentialsDoNotBelongIntoUrls) {
  for (const auto* url :
       {"https://user:secret@h/p.git", "https://token@h/p.git", "ssh://git:secret@h/p.git"}) {
    const auto checked = check_url(url);
    ASSERT_FALSE(checked) << url;
    EXPECT_EQ(checked.error().message().find("secret"), std::string::npos);
  }
}

TEST(Builder, RefsAreWhatGitTakesAndNoOptions) {
  for (const auto* ref : {"main", "feature/x", "v1.0", "1.2.3", "release-2024"})
    EXPECT_TRUE(check_ref(ref)) << ref;
  for (const auto* ref : {"", "-b", "a..b", "a b", "a:b", "a^b", "a~1", "x.lock", "/a", "a/", "a//b", "@",
                          "a@{1}", "a\nb", "*"})
    EXPECT_FALSE(check_ref(ref)) << ref;
}

TEST(Builder, CommitsAreHexDigits) {
  EXPECT_TRUE(check_commit("0123abc"));
  EXPECT_TRUE(check_commit(std::string(40, 'a')));
  for (const auto& bad :
       {std::string("abc"), std::string("-abcdef1"), std::string("main"), std::string(65, 'a')})
    EXPECT_FALSE(check_commit(bad)) << bad;
}

TEST(Builder, SubDirectoriesStayInTheTree) {
  for (const auto* path : {"", "pkg", "packages/r/pkg"}) EXPECT_TRUE(check_sub_dir(path)) << path;
  for (const auto* path : {"/etc", "..", "a/../../b", "a/..", ".git", "a/.git/hooks", "-x", "a\nb"})
    EXPECT_FALSE(check_sub_dir(path)) << path;
}

TEST(Builder, ANameComesFromTheFolderOrTheUrl) {
  EXPECT_EQ(default_name("https://h/team/pkg.git", ""), "pkg");
  EXPECT_EQ(default_name("git@h:pkg.git", ""), "pkg");
  EXPECT_EQ(default_name("https://h/mono/", "packages/inner/"), "inner");
}

TEST(Builder, WhatDoesNotGoTogetherIsRefused) {
  Builder one;
  one.name = "pkg";
  one.url = "file:///srv/pkg";
  EXPECT_TRUE(check(one));
  auto other = one;
  other.credential = "team";
  EXPECT_FALSE(check(other));
  other = one;
  other.branch = "main";
  other.trigger = Trigger::tags;
  EXPECT_FALSE(check(other));
  other = one;
  other.submodules = 100;
  EXPECT_FALSE(check(other));
  other = one;
  other.name = "no/name";
  EXPECT_FALSE(check(other));
}

}  // namespace
}  // namespace granary::build
