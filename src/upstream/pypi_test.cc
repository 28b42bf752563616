#include "upstream/pypi.h"

#include <gtest/gtest.h>

#include "base/testing/test_context.h"
#include "upstream/testing/fake_upstream.h"

namespace granary::upstream {
namespace {

const std::vector<net::Header> kJson = {{"Content-Type", "application/vnd.pypi.simple.v1+json"},
                                        {"X-PyPI-Last-Serial", "77"}};

TEST(Pypi, APageHasAbsoluteUrlsItsSerialAndItsEntityTag) {
  FakeUpstream upstream("http://upstream.test/simple");
  upstream.put("foo/",
               R"({"meta":{"api-version":"1.1"},"name":"Foo","files":[)"
               R"({"filename":"foo-1.0.tar.gz","url":"../../packages/foo-1.0.tar.gz","provenance":"/p"},)"
               R"({"filename":"foo-2.0.tar.gz","url":"mailto:nobody"}]})",
               kJson);
  const auto answer = fetch_project(test_context(), upstream, "foo", "", false);
  ASSERT_TRUE(answer) << answer.error().message();
  const auto& project = answer->page.project;
  ASSERT_EQ(project.files.size(), 1U);
  EXPECT_EQ(project.files[0].url, "http://upstream.test/packages/foo-1.0.tar.gz");
  EXPECT_EQ(project.files[0].provenance, "http://upstream.test/p");
  EXPECT_EQ(project.serial, 77);
  EXPECT_EQ(answer->page.left_out, 1U);
  const auto again = fetch_project(test_context(), upstream, "foo", project.etag, true);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->not_modified);
}

TEST(Pypi, AWebPageThatIsNoIndexIsAnError) {
  FakeUpstream upstream("http://upstream.test/simple");
  upstream.put("foo/", "<!DOCTYPE html><html><body><form>log in</form></body></html>",
               {{"Content-Type", "text/html"}});
  const auto answer = fetch_project(test_context(), upstream, "foo", "", false);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::corrupt);
}

TEST(Pypi, APageOfOldIndexesIsReadAsHtml) {
  FakeUpstream upstream("http://upstream.test/simple");
  upstream.put("foo/", "<html><body><a href=\"foo-1.0.tar.gz\">foo-1.0.tar.gz</a></body></html>",
               {{"Content-Type", "text/html"}});
  const auto answer = fetch_project(test_context(), upstream, "foo", "", false);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->page.project.files.at(0).url, "http://upstream.test/simple/foo/foo-1.0.tar.gz");
}

TEST(Pypi, TheListHasSerials) {
  FakeUpstream upstream("http://upstream.test/simple");
  upstream.put(
      "", R"({"meta":{"api-version":"1.1","_last-serial":9},"projects":[{"name":"Foo","_last-serial":3}]})",
      {{"Content-Type", "application/vnd.pypi.simple.v1+json"}});
  std::vector<std::string> names;
  const auto answer =
      fetch_project_list(test_context(), upstream, "", [&](std::string_view name, std::int64_t serial) {
        names.push_back(std::string(name) + "=" + std::to_string(serial));
        return Result<>();
      });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->serial, 9);
  EXPECT_EQ(names, (std::vector<std::string>{"Foo=3"}));
}

}  // namespace
}  // namespace granary::upstream
