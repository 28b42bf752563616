#include "python/project_page.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

constexpr const char* kDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

std::string whole(const std::string& files) {
  return R"({"meta":{"api-version":"1.4","_last-serial":42},"name":"Foo","project-status":{"status":"archived",)"
         R"("reason":"old"},"alternate-locations":[],"versions":["1.0"],"files":[)" +
         files + "]}";
}

TEST(ProjectJson, SaysWhatPypiSays) {
  const auto read = read_project_json(
      whole(
          std::string(
              R"({"filename":"foo-1.0-py3-none-any.whl","url":"https://f.example/a/foo.whl","hashes":)") +
          R"({"sha256":")" + kDigest +
          R"(","blake2b":"x"},"requires-python":">=3.9","size":123,)"
          R"("upload-time":"2024-05-01T12:00:00.123456Z","yanked":"bad \"one\"","core-metadata":{"sha256":")" +
          kDigest +
          R"("},"data-dist-info-metadata":false,"provenance":"https://p.example/x","gpg-sig":null})"),
      "foo");
  ASSERT_TRUE(read) << read.error().message();
  const auto& project = read->project;
  EXPECT_EQ(project.shown, "Foo");
  EXPECT_EQ(project.serial, 42);
  EXPECT_EQ(project.status, ProjectStatus::archived);
  EXPECT_EQ(project.status_reason, "old");
  ASSERT_EQ(project.files.size(), 1U);
  const auto& file = project.files[0];
  EXPECT_EQ(file.filename, "foo-1.0-py3-none-any.whl");
  EXPECT_EQ(file.version, "1.0");
  EXPECT_TRUE(file.wheel);
  EXPECT_EQ(file.url, "https://f.example/a/foo.whl");
  EXPECT_EQ(file.sha256->hex(), kDigest);
  EXPECT_EQ(file.requires_python, ">=3.9");
  EXPECT_EQ(file.size, 123U);
  EXPECT_EQ(file.uploaded_at->time_since_epoch().count(), 1'714'564'800'123'456);
  EXPECT_EQ(file.yanked, "bad \"one\"");
  EXPECT_TRUE(file.has_metadata);
  EXPECT_EQ(file.metadata_sha256->hex(), kDigest);
  EXPECT_EQ(file.provenance, "https://p.example/x");
}

TEST(ProjectJson, AYankWithoutAReasonIsAYank) {
  const auto read = read_project_json(
      whole(R"({"filename":"foo-1.0.tar.gz","url":"a","yanked":true},{"filename":"foo-2.0.tar.gz","url":"b",)"
            R"("yanked":false})"),
      "foo");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->project.files[0].yanked, "");
  EXPECT_FALSE(read->project.files[1].yanked);
}

TEST(ProjectJson, OneBadEntryDoesNotSpoilTheRest) {
  const auto read = read_project_json(
      whole(
          R"(null,7,"x",[1,[2]],{"filename":["foo-1.0.tar.gz"],"url":"a"},{"filename":"foo-1.0.exe","url":"a"},)"
          R"({"filename":"../foo-1.0.tar.gz","url":"a"},{"filename":"bar-1.0.tar.gz","url":"a"},)"
          R"({"filename":"foo-1.0.tar.gz"},{"filename":"foo-3.0.tar.gz","url":"\ud800"},)"
          R"({"filename":"foo-2.0.tar.gz","url":"a","size":1e99,"hashes":"none","upload-time":7,"yanked":{},)"
          R"("core-metadata":[],"requires-python":null,"provenance":null})"),
      "foo");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->project.files.size(), 1U);
  EXPECT_EQ(read->left_out, 10U);
  const auto& file = read->project.files[0];
  EXPECT_EQ(file.filename, "foo-2.0.tar.gz");
  EXPECT_FALSE(file.size || file.sha256 || file.uploaded_at || file.yanked || file.has_metadata);
}

TEST(ProjectJson, WhatIsNoPageIsAnErrorThatSaysSo) {
  const auto page = whole(R"({"filename":"foo-1.0.tar.gz","url":"a"})");
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("<html>"), std::string("[]"), page + "x",
        page.substr(0, page.size() - 1), page.substr(0, page.size() / 2),
        std::string(R"({"meta":{"api-version":"2.0"},"files":[]})"), std::string(R"({"files":{}})"),
        std::string(R"({"name":"other","files":[]})")}) {
    const auto read = read_project_json(text, "foo");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), Errc::corrupt) << text;
    EXPECT_FALSE(read.error().hint().empty()) << text;
  }
}

TEST(ProjectJson, TooMuchIsRefused) {
  const auto read = read_project_json(std::string(kLongestProjectPage + 1, ' '), "foo");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::too_large);
}

TEST(ProjectList, IsReadWithItsSerials) {
  std::vector<std::pair<std::string, std::int64_t>> seen;
  const auto serial = read_project_list_json(
      R"({"meta":{"api-version":"1.4","_last-serial":9},"projects":[{"_last-serial":3,"name":"Foo"},)"
      R"({"name":"bar"},{"name":"../x"},{"name":7},null]})",
      [&](std::string_view name, std::int64_t one) -> Result<> {
        seen.emplace_back(name, one);
        return {};
      });
  ASSERT_TRUE(serial) << serial.error().message();
  EXPECT_EQ(*serial, 9);
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::int64_t>>{{"Foo", 3}, {"bar", 0}}));
}

TEST(ProjectHtml, ReadsLinksOfAnyStyle) {
  const std::string digest(kDigest);
  const auto read = read_project_html(
      "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" content=\"1.1\"></head><body>\n"
      "<h1>Links for foo</h1><!-- <a href='x'>foo-9.0.tar.gz</a> -->\n"
      "<a href=\"../../packages/foo-1.0.tar.gz#sha256=" +
          digest +
          "\" data-requires-python=\"&gt;=3.9\">foo-1.0.tar.gz</a><br/>\n"
          "<A HREF='foo-1.1.tar.gz#md5=d41d8cd98f00b204e9800998ecf8427e' data-yanked=''>\n foo-1.1.tar.gz "
          "</A>\n"
          "<a rel=x href=foo-1.2-py3-none-any.whl data-core-metadata=\"sha256=" +
          digest +
          "\">foo-1.2-py3-n..&gt;</a>\n"
          "<a href=\"../\">up</a>\n</body></html>\n<!--SERIAL 77-->\n",
      "foo");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->left_out, 1U);
  EXPECT_EQ(read->project.serial, 77);
  ASSERT_EQ(read->project.files.size(), 3U);
  const auto& files = read->project.files;
  EXPECT_EQ(files[0].url, "../../packages/foo-1.0.tar.gz");
  EXPECT_EQ(files[0].sha256->hex(), digest);
  EXPECT_EQ(files[0].requires_python, ">=3.9");
  EXPECT_EQ(files[1].md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(files[1].yanked, "");
  EXPECT_EQ(files[2].filename, "foo-1.2-py3-none-any.whl");
  EXPECT_EQ(files[2].metadata_sha256->hex(), digest);
}

TEST(ProjectHtml, WhatIsCutOffIsAnError) {
  for (const char* text : {"<html><body><a href=\"foo-1.0.tar.gz\">foo-1.0.tar.gz</a>", "{}", "",
                           "<html><meta name='pypi:repository-version' content='2.0'></html>"}) {
    const auto read = read_project_html(text, "foo");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), Errc::corrupt) << text;
  }
}

TEST(ProjectHtml, NothingIsReadInQuadraticTime) {
  std::string hostile = "<html>";
  for (int i = 0; i < 100'000; ++i) hostile += "<a href=\"";
  const auto read = read_project_html(hostile, "foo");
  EXPECT_FALSE(read);
}

TEST(ProjectHtml, ListsAreReadToo) {
  std::vector<std::string> names;
  const auto serial = read_project_list_html(
      "<html><body><a href=\"?C=N;O=D\">Name</a> <a href=\"../\">../</a> <a "
      "href=\"/simple/foo/\">Foo.Bar</a> "
      "<a href=baz/>baz/</a> <a href=\"a-long-name-indeed/\">a-long-n..&gt;</a> <a "
      "href=x.txt>x/y</a></body></html>",
      [&](std::string_view name, std::int64_t) -> Result<> {
        names.emplace_back(name);
        return {};
      });
  ASSERT_TRUE(serial) << serial.error().message();
  EXPECT_EQ(names, (std::vector<std::string>{"Foo.Bar", "baz", "a-long-name-indeed"}));
}

}  // namespace
}  // namespace granary::python
