#include "api/repository_page.h"

#include <gtest/gtest.h>

#include "view/testing/world.h"

namespace granary::api {
namespace {

class RepositoryPageTest : public ::testing::Test {
 protected:
  http::Response get(const std::string& target) {
    http::Router router;
    bind_repository_pages(router, {world.views, world.catalog, "https://packages.example.com"});
    http::Request request;
    request.target = target;
    return router.dispatch(world.ctx, request);
  }
  std::string page(const std::string& target) {
    const auto response = get(target);
    EXPECT_EQ(response.status, 200) << target;
    const auto* body = std::get_if<http::BytesBody>(&response.body);
    return body != nullptr ? *body->bytes : "";
  }
  view::World world;
};

TEST_F(RepositoryPageTest, TheUrlThatClientsAreGivenSaysHowToUseIt) {
  world.repository("team", {});
  world.repository("wheels", {}, model::Ecosystem::python);
  for (const auto* target : {"/team", "/team/", "/team/latest", "/team/latest/"})
    EXPECT_NE(page(target).find("https://packages.example.com/team/latest&quot;))\ninstall.packages"),
              std::string::npos)
        << page(target);
  EXPECT_NE(
      page("/wheels/2024-05-01").find("--index-url https://packages.example.com/wheels/2024-05-01/simple/"),
      std::string::npos);
}

TEST_F(RepositoryPageTest, OfBioconductorADayIsThatOfCranToo) {
  world.repository("bioc", {}, model::Ecosystem::bioconductor);
  world.repository("public", {world.source("cran", model::SourceType::cran)});
  EXPECT_NE(
      page("/bioc/2024-05-01").find("CRAN = &quot;https://packages.example.com/public/2024-05-01&quot;"),
      std::string::npos)
      << page("/bioc/2024-05-01");
}

TEST_F(RepositoryPageTest, WhatIsNoRepositoryOrNoSnapshotIsNotFound) {
  world.repository("team", {});
  for (const auto* target : {"/nothing", "/nothing/latest", "/team/yesterday", "/team/%3Cscript%3E"})
    EXPECT_EQ(get(target).status, 404) << target;
}

}  // namespace
}  // namespace granary::api
