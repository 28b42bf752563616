#include "python/simple.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "python/testing/records.h"

namespace granary::python {
namespace {

constexpr const char* kPrefix = "../../packages/";

std::string url_of(const model::FileRecord& file) {
  const auto digest = file.blob.hex();
  return std::string(kPrefix) + digest.substr(0, 2) + "/" + digest.substr(2, 2) + "/" + digest + "/" +
         file.filename;
}

auto each_of(const std::vector<std::string>& names) {
  return [&names](const std::function<void(std::string_view)>& each) {
    for (const auto& name : names) each(name);
  };
}

TEST(SimplePage, AttestationsAreBehindOurOwnUrlAndTheStatusIsUpstreams) {
  auto file = wheel_record("foo", "1.0");
  file.provenance = "https://upstream.test/integrity/foo/1.0/x/provenance";
  const std::vector<PageFile> shown = {page_file(file)};
  const ProjectPage page{.name = "foo",
                         .files = shown,
                         .files_prefix = "../../packages/",
                         .status = ProjectStatus::archived,
                         .status_reason = "see \"bar\""};
  const auto ours = "../../integrity/foo/1.0/" + file.filename + "/provenance";
  const auto json = simple_project_json(page);
  EXPECT_NE(json.find("\"provenance\":\"" + ours + "\""), std::string::npos) << json;
  EXPECT_NE(json.find(R"("project-status":{"status":"archived","reason":"see \"bar\""})"), std::string::npos)
      << json;
  const auto html = simple_project_html(page);
  EXPECT_NE(html.find(" data-provenance=\"" + ours + "\""), std::string::npos) << html;
  EXPECT_NE(html.find("<meta name=\"pypi:project-status\" content=\"archived\">"), std::string::npos) << html;
  EXPECT_NE(html.find("content=\"see &quot;bar&quot;\""), std::string::npos) << html;
}

TEST(SimpleApi, ListHasItsKeysInOrder) {
  const std::vector<std::string> names = {"bar", "foo"};
  EXPECT_EQ(simple_list_json({each_of(names), 9}),
            R"({"meta":{"api-version":"1.4","_last-serial":9},"projects":[{"name":"bar","_last-serial":9},)"
            R"({"name":"foo","_last-serial":9}]})");
}

TEST(SimpleApi, ListAsHtmlLinksToEveryProject) {
  const std::vector<std::string> names = {"foo"};
  const auto html = simple_list_html({each_of(names), 9});
  EXPECT_NE(html.find("<meta name=\"pypi:repository-version\" content=\"1.4\">"), std::string::npos);
  EXPECT_NE(html.find("<a href=\"foo/\">foo</a>"), std::string::npos);
  EXPECT_TRUE(html.ends_with("<!--SERIAL 9-->\n"));
}

TEST(SimpleApi, ProjectHasItsKeysInOrder) {
  const std::vector<model::FileRecord> files = {wheel_record("foo", "1.0")};
  const auto digest = files[0].blob.hex();
  const auto metadata = files[0].metadata_sha256->hex();
  EXPECT_EQ(
      simple_project_json({"foo", page_files(files), kPrefix, 9}),
      R"({"meta":{"api-version":"1.4","_last-serial":9},"name":"foo","project-status":{"status":"active"},)"
      R"("versions":["1.0"],"files":[{"filename":"foo-1.0-py3-none-any.whl","url":")" +
          url_of(files[0]) + R"(","hashes":{"sha256":")" + digest +
          R"("},"requires-python":">=3.9","size":1234,"upload-time":"2026-01-02T03:04:05.678901Z",)"
          R"("yanked":false,"core-metadata":{"sha256":")" +
          metadata + R"("},"data-dist-info-metadata":{"sha256":")" + metadata + R"("},"provenance":null}]})");
}

TEST(SimpleApi, ProjectOrdersVersionsAsPep440SaysAndNamesEachOnce) {
  const std::vector<model::FileRecord> files = {wheel_record("foo", "1.10"), wheel_record("foo", "1.9"),
                                                sdist_record("foo", "1.10"), wheel_record("foo", "1.10rc1"),
                                                sdist_record("foo", "1.9.0")};
  const auto page = Json::parse(simple_project_json({"foo", page_files(files), kPrefix, 9}));
  ASSERT_TRUE(page);
  std::vector<std::string_view> versions;
  for (const auto& version : (*page)["versions"].items()) versions.push_back(*version.string());
  EXPECT_EQ(versions, (std::vector<std::string_view>{"1.9", "1.10rc1", "1.10"}));
  std::vector<std::string_view> names;
  for (const auto& file : (*page)["files"].items()) names.push_back(*file["filename"].string());
  EXPECT_EQ(names, (std::vector<std::string_view>{"foo-1.9-py3-none-any.whl", "foo-1.9.0.tar.gz",
                                                  "foo-1.10rc1-py3-none-any.whl", "foo-1.10-py3-none-any.whl",
                                                  "foo-1.10.tar.gz"}));
}

TEST(SimpleApi, FilesSayWhatTheyDoNotHave) {
  auto sdist = sdist_record("foo", "1.0");
  sdist.requires_python.clear();
  sdist.yanked = "broken \"build\"";
  auto other = sdist_record("foo", "2.0");
  other.yanked = "";
  const std::vector<model::FileRecord> files = {sdist, other};
  const auto page = Json::parse(simple_project_json({"foo", page_files(files), kPrefix, 9}));
  ASSERT_TRUE(page);
  const auto& first = (*page)["files"].items()[0];
  EXPECT_TRUE(first["requires-python"].is_null());
  EXPECT_EQ(first["yanked"].string(), "broken \"build\"");
  EXPECT_EQ(first["core-metadata"].boolean(), false);
  EXPECT_EQ((*page)["files"].items()[1]["yanked"].boolean(), true);
}

TEST(SimpleApi, ProjectAsHtmlHasTheSameFactsEscaped) {
  auto file = wheel_record("foo", "1.0");
  file.yanked = "a \"b\" <c>";
  const std::vector<model::FileRecord> files = {file};
  const auto html = simple_project_html({"foo", page_files(files), kPrefix, 9});
  const auto metadata = file.metadata_sha256->hex();
  EXPECT_NE(html.find("<a href=\"" + url_of(file) + "#sha256=" + file.blob.hex() +
                      "\" data-requires-python=\"&gt;=3.9\" data-yanked=\"a &quot;b&quot; &lt;c&gt;\""
                      " data-core-metadata=\"sha256=" +
                      metadata + "\" data-dist-info-metadata=\"sha256=" + metadata +
                      "\">foo-1.0-py3-none-any.whl</a>"),
            std::string::npos)
      << html;
}

TEST(SimpleApi, FilePathEncodesWhatAUrlNeeds) {
  auto file = wheel_record("foo", "1.0+local");
  EXPECT_TRUE(file_path(file).ends_with("/foo-1.0%2Blocal-py3-none-any.whl")) << file_path(file);
}

}  // namespace
}  // namespace granary::python
