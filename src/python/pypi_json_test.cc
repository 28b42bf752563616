#include "python/pypi_json.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "python/testing/records.h"

namespace granary::python {
namespace {

constexpr const char* kFiles = "https://example.com/r/latest/packages/";
constexpr const char* kSimple = "https://example.com/r/latest/simple/";

Json parsed(const std::vector<model::FileRecord>& files, std::optional<std::string_view> version) {
  const auto text = pypi_json({"foo", files, kFiles, kSimple, 9}, version);
  if (!text) return {};
  auto json = Json::parse(*text);
  EXPECT_TRUE(json) << *text;
  return json ? *json : Json();
}

TEST(PypiJson, ShowsTheNewestFinalVersionAndAllReleases) {
  auto yanked = wheel_record("foo", "3.0");
  yanked.yanked = "bad";
  const auto json = parsed({wheel_record("foo", "1.0"), sdist_record("foo", "2.0"),
                            wheel_record("foo", "2.0"), wheel_record("foo", "2.1rc1"), yanked},
                           std::nullopt);
  EXPECT_EQ(json["info"]["version"].string(), "2.0");
  EXPECT_EQ(json["info"]["yanked"].boolean(), false);
  EXPECT_EQ(json["info"]["requires_python"].string(), ">=3.9");
  EXPECT_EQ(json["last_serial"].integer(), 9);
  EXPECT_EQ(json["urls"].items().size(), 2U);
  EXPECT_EQ(json["releases"].members().size(), 4U);
  EXPECT_EQ(json["releases"]["3.0"].items()[0]["yanked_reason"].string(), "bad");
}

TEST(PypiJson, ShowsOneVersionInAnySpellingWithoutReleases) {
  const std::vector<model::FileRecord> files = {wheel_record("foo", "1.0"), wheel_record("foo", "2.0")};
  const auto json = parsed(files, "v1.0.0");
  EXPECT_EQ(json["info"]["version"].string(), "1.0");
  EXPECT_TRUE(json["releases"].is_null());
  const auto& file = json["urls"].items().at(0);
  EXPECT_EQ(file["filename"].string(), "foo-1.0-py3-none-any.whl");
  EXPECT_EQ(file["packagetype"].string(), "bdist_wheel");
  EXPECT_EQ(file["python_version"].string(), "py3");
  EXPECT_EQ(file["upload_time"].string(), "2026-01-02T03:04:05");
  EXPECT_EQ(file["upload_time_iso_8601"].string(), "2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(file["digests"]["sha256"].string(), files[0].blob.hex());
  EXPECT_EQ(file["digests"]["md5"].string(), files[0].md5);
  EXPECT_TRUE(file["url"].string()->starts_with(kFiles));
  EXPECT_TRUE(file["core-metadata"]["sha256"].string());
}

TEST(PypiJson, HasNothingForAVersionThatIsNotThere) {
  EXPECT_FALSE(pypi_json({"foo", std::vector{wheel_record("foo", "1.0")}, kFiles, kSimple, 9}, "1.1"));
  EXPECT_FALSE(pypi_json({"foo", {}, kFiles, kSimple, 9}, std::nullopt));
}

TEST(PypiJson, ReadsInfoFromTheMetadata) {
  auto file = wheel_record("foo", "1.0");
  file.metadata +=
      "Summary: A thing\nAuthor: Ada\nRequires-Dist: numpy\nClassifier: Topic :: Software\nProject-URL: "
      "Source, "
      "https://example.com/s\nLicense-Expression: MIT\n\nLong text\n";
  const auto json = parsed({file}, std::nullopt);
  EXPECT_EQ(json["info"]["summary"].string(), "A thing");
  EXPECT_EQ(json["info"]["author"].string(), "Ada");
  EXPECT_EQ(json["info"]["requires_dist"].items().at(0).string(), "numpy");
  EXPECT_EQ(json["info"]["project_urls"]["Source"].string(), "https://example.com/s");
  EXPECT_EQ(json["info"]["license_expression"].string(), "MIT");
  EXPECT_EQ(json["info"]["description"].string(), "Long text\n");
}

}  // namespace
}  // namespace granary::python
