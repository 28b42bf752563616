#include "api/meta_handlers.h"

#include <gtest/gtest.h>

#include "api/meta_routes.h"
#include "base/json.h"
#include "view/testing/world.h"

namespace granary::api {
namespace {

using http::Response;

class MetaHandlersTest : public ::testing::Test {
 protected:
  MetaHandlersTest() {
    bind_meta(router_, {world_.views, world_.catalog, "1.2.3", "2024-05-01", true});
    source_ = world_.source("team");
    repository_ = world_.repository("internal", {source_});
  }

  Response get(const std::string& path) {
    http::Request request;
    request.target = path;
    return router_.dispatch(world_.ctx, request);
  }
  Json json(const std::string& path) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    const auto* body = std::get_if<http::BytesBody>(&response.body);
    auto parsed = Json::parse(body != nullptr ? std::string_view(*body->bytes) : "");
    EXPECT_TRUE(parsed) << path;
    if (!parsed) return {};
    return std::move(*parsed);
  }
  std::string names(const std::string& path) {
    std::string all;
    const auto list = json(path);
    for (const auto& one : list.items()) all += std::string(one["name"].string().value_or("?")) + " ";
    return all;
  }

  view::World world_;
  http::Router router_;
  model::SourceId source_;
  model::RepoId repository_;
};

TEST_F(MetaHandlersTest, PingAnswers) { EXPECT_EQ(get("/__ping__").status, 200); }

TEST_F(MetaHandlersTest, StatusHasEveryKeyThatClientsLookFor) {
  const auto status = json("/__api__/status");
  for (const auto* key : {"version",           "build_date",         "metrics_enabled", "r_configured",
                          "python_configured", "binaries_enabled",   "display_ash",     "public_p3m",
                          "custom_home",       "custom_home_title",  "ga_id",           "auth_available",
                          "auth_enabled",      "repos_require_auth", "sso_enabled",     "distros",
                          "cran_repo",         "bioc_versions",      "r_versions",      "macos_urls",
                          "support_window"})
    EXPECT_FALSE(status[key].is_null()) << key;
  EXPECT_EQ(status["version"].string(), "1.2.3");
  EXPECT_EQ(status["r_configured"].boolean(), true);
  EXPECT_EQ(status["python_configured"].boolean(), false);
  EXPECT_TRUE(status["distros"].is_array());
}

TEST_F(MetaHandlersTest, RepositoriesAreFoundByNameAndId) {
  EXPECT_EQ(names("/__api__/repos"), "internal ");
  const auto by_id = json("/__api__/repos/" + std::to_string(repository_.value));
  EXPECT_EQ(by_id["name"].string(), "internal");
  EXPECT_EQ(by_id["type"].string(), "r");
  EXPECT_EQ(by_id["auth"].boolean(), false);
  EXPECT_EQ(json("/__api__/repos/internal")["id"].integer(), repository_.value);
  EXPECT_EQ(get("/__api__/repos/none").status, 404);
}

TEST_F(MetaHandlersTest, ListsAreCutToASourceOrAType) {
  world_.source("other");
  world_.source("py", model::SourceType::local_python);
  EXPECT_EQ(names("/__api__/repos?source=team"), "internal ");
  EXPECT_EQ(names("/__api__/repos?source=other"), "");
  EXPECT_EQ(get("/__api__/repos?source=none").status, 404);
  EXPECT_EQ(names("/__api__/sources?type=local-python"), "py ");
  EXPECT_EQ(get("/__api__/sources?type=conda").status, 400);
}

TEST_F(MetaHandlersTest, PackagesAreSearchedAndPaged) {
  for (const auto* name : {"alpha", "beta", "Alphabet", "gamma"}) world_.publish(source_, name, "1.0");
  const std::string base = "/__api__/repos/internal/packages";
  EXPECT_EQ(names(base), "Alphabet alpha beta gamma ");
  EXPECT_EQ(names(base + "?name=beta"), "beta ");
  EXPECT_EQ(names(base + "?name_like=ALPHA"), "Alphabet alpha ");
  EXPECT_EQ(names(base + "?name_like=alpha&exact_first=true"), "alpha Alphabet ");
  EXPECT_EQ(names(base + "?name_like=ABOUT%20bet"), "beta ");  // the title: "About beta"
  EXPECT_EQ(names(base + "?_limit=3&_page=2"), "gamma ");
  EXPECT_EQ(names(base + "?_limit=3&_page=3"), "");
  EXPECT_EQ(names(base + "?_page=18446744073709551615&_limit=1000"), "");
  EXPECT_EQ(names(base + "?snapshot=2020-01-01"), "");
  EXPECT_EQ(get(base + "?_limit=0").status, 400);
  EXPECT_EQ(get(base + "?_page=x").status, 400);
  EXPECT_EQ(get(base + "?exact_first=maybe").status, 400);
}

TEST_F(MetaHandlersTest, APackageHasItsReleasesNewestFirst) {
  world_.publish(source_, "demo", "1.9", "Imports: x\n");
  world_.publish(source_, "demo", "1.10", "URL: https://example.org\n");
  const auto package = json("/__api__/repos/internal/packages/demo");
  EXPECT_EQ(package["version"].string(), "1.10");
  EXPECT_EQ(package["summary"].string(), "About demo");
  EXPECT_EQ(package["license"].string(), "GPL-3");
  EXPECT_EQ(package["info"]["project_urls"]["URL"].string(), "https://example.org");
  ASSERT_EQ(package["releases"].items().size(), 2u);
  EXPECT_EQ(package["releases"].items()[1]["version"].string(), "1.9");
  EXPECT_EQ(package["releases"].items()[1]["files"].items()[0]["filename"].string(), "demo_1.9.tar.gz");
  EXPECT_EQ(json("/__api__/repos/internal/packages/demo?version=1.9")["version"].string(), "1.9");
  EXPECT_EQ(get("/__api__/repos/internal/packages/demo?version=7.0").status, 404);
  EXPECT_EQ(get("/__api__/repos/internal/packages/none").status, 404);
}

TEST_F(MetaHandlersTest, APythonPackageIsFoundByAnySpelling) {
  const auto source = world_.source("wheels", model::SourceType::local_python);
  world_.repository("py", {source}, model::Ecosystem::python);
  const auto publish = [&](const std::string& version, std::optional<std::string> yanked) {
    model::FileRecord file;
    file.source = source;
    file.package = "my-demo";
    file.name = "My.Demo";
    file.version = version;
    file.filename = "my_demo-" + version + "-py3-none-any.whl";
    file.kind = model::FileKind::wheel;
    file.metadata =
        "Metadata-Version: 2.1\nName: My.Demo\nVersion: " + version + "\nSummary: Demo\nLicense: MIT\n\n";
    file.yanked = std::move(yanked);
    world_.add(file);
  };
  publish("1.0", {});
  publish("2.0rc1", {});
  publish("3.0", "broken");
  const auto package = json("/__api__/repos/py/packages/my_demo");
  EXPECT_EQ(package["name"].string(), "My.Demo");
  EXPECT_EQ(package["version"].string(), "1.0");
  EXPECT_EQ(package["releases"].items()[0]["files"].items()[0]["yanked_reason"].string(), "broken");
  EXPECT_EQ(names("/__api__/repos/py/packages?name=MY_DEMO"), "My.Demo ");
}

TEST_F(MetaHandlersTest, DatesAndTransactionsTellTheHistory) {
  EXPECT_TRUE(json("/__api__/repos/internal/first-transaction").is_null());
  const auto first = world_.publish(source_, "demo", "1.0");
  world_.publish(source_, "demo", "1.1");
  world_.clock->advance(std::chrono::hours(48));
  world_.publish(source_, "demo", "1.2");

  const auto dates = json("/__api__/repos/internal/transaction-dates?_sort=date&_order=asc").items();
  ASSERT_EQ(dates.size(), 2u);
  EXPECT_EQ(dates[0]["date"].string(), "2024-05-01");
  EXPECT_EQ(dates[1]["date"].string(), "2024-05-03");
  EXPECT_EQ(json("/__api__/repos/internal/transaction-dates?_order=desc").items()[0]["date"].string(),
            "2024-05-03");
  EXPECT_EQ(json("/__api__/repos/internal/first-transaction")["id"].integer(), first.value);
}

TEST_F(MetaHandlersTest, SourcesAreListed) {
  world_.publish(source_, "demo", "1.0");
  EXPECT_EQ(names("/__api__/sources"), "team ");
  EXPECT_EQ(names("/__api__/repos/internal/sources"), "team ");
  EXPECT_EQ(json("/__api__/sources/team")["type"].string(), "local");
  EXPECT_EQ(get("/__api__/sources/none").status, 404);
}

TEST_F(MetaHandlersTest, TheOpenApiDocumentHasEveryRoute) {
  const auto document = json("/openapi.json");
  EXPECT_EQ(document["openapi"].string(), "3.1.0");
  for (const auto& route : kMetaRoutes)
    EXPECT_EQ(document["paths"][route.spec.pattern]["get"]["operationId"].string(), route.spec.name);
  const auto& parameters = document["paths"]["/__api__/repos/{repo}/packages"]["get"]["parameters"].items();
  EXPECT_EQ(parameters[0]["name"].string(), "repo");
  EXPECT_EQ(parameters[0]["in"].string(), "path");
  EXPECT_EQ(parameters.size(), 8u);
}

}  // namespace
}  // namespace granary::api
