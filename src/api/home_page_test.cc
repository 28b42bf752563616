#include "api/home_page.h"

#include <gtest/gtest.h>

#include "mirror/notes.h"
#include "view/testing/world.h"

namespace granary::api {
namespace {

class HomePageTest : public ::testing::Test {
 protected:
  std::string page(const std::string& public_url, const std::string& host) {
    http::Router router;
    bind_home(router, {world.catalog, public_url});
    http::Request request;
    request.target = "/";
    request.headers.push_back({"Host", host});
    const auto response = router.dispatch(world.ctx, request);
    EXPECT_EQ(response.status, 200);
    const auto* body = std::get_if<http::BytesBody>(&response.body);
    return body != nullptr ? *body->bytes : "";
  }
  view::World world;
};

TEST_F(HomePageTest, ItSaysWhatToPasteIntoRAndPip) {
  world.repository("team", {});
  world.repository("wheels", {}, model::Ecosystem::python);
  const auto text = page("https://packages.example.com/g", "ignored");
  EXPECT_NE(
      text.find(
          "options(repos = c(&quot;team&quot; = &quot;https://packages.example.com/g/team/latest&quot;))"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("--index-url https://packages.example.com/g/wheels/latest/simple/ PROJECT"),
            std::string::npos)
      << text;
}

TEST_F(HomePageTest, BiocManagerIsToldOfBioconductorAndOfAMirrorOfCran) {
  world.repository("bioc", {}, model::Ecosystem::bioconductor);
  const auto alone = page("https://packages.example.com", "ignored");
  EXPECT_NE(
      alone.find(
          "BIOCONDUCTOR_CONFIG_FILE = &quot;https://packages.example.com/bioc/latest/config.yaml&quot;)"),
      std::string::npos)
      << alone;
  world.repository("own", {world.source("team")});
  world.repository("public", {world.source("cran", model::SourceType::cran)});
  EXPECT_NE(page("https://packages.example.com", "ignored")
                .find("repos = c(CRAN = &quot;https://packages.example.com/public/latest&quot;))"),
            std::string::npos);
}

TEST_F(HomePageTest, AMirrorSaysWhatIsWrongWithIt) {
  const auto cran = world.source("cran", model::SourceType::cran);
  world.repository("cran", {cran});
  const auto set = [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(world.catalog->write(
        world.ctx, [&](catalog::WriteView& view) { return view.mirroring().set_state(cran, key, value); }));
  };
  EXPECT_NE(page("", "localhost").find("<code>cran</code> was not synchronised yet"), std::string::npos);
  set(mirror::kSyncProblem, "no route to <host>");
  EXPECT_NE(page("", "localhost").find("not synchronised yet: no route to &lt;host&gt;"), std::string::npos);
  set(mirror::kSyncedAt, "2024-05-01T00:00:00Z");
  EXPECT_NE(page("", "localhost").find("could not be brought up to date: no route"), std::string::npos);
  set(mirror::kSyncProblem, "");
  EXPECT_EQ(page("", "localhost").find("<p class=\"note\">"), std::string::npos);
}

TEST_F(HomePageTest, PipIsToldToTrustAPlainHost) {
  world.repository("wheels", {}, model::Ecosystem::python);
  EXPECT_NE(page("", "server:4242").find("simple/ --trusted-host server PROJECT"), std::string::npos);
  EXPECT_EQ(page("", "localhost:4242").find("--trusted-host"), std::string::npos);
}

TEST_F(HomePageTest, AnAuthenticatedRepositoryIsOnlyNamed) {
  world.repository("secret", {}, model::Ecosystem::r, true);
  const auto text = page("", "localhost");
  EXPECT_NE(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.find("secret/latest"), std::string::npos);
}

TEST_F(HomePageTest, AHostThatIsNoneIsNotPutIntoThePage) {
  world.repository("team", {});
  EXPECT_EQ(page("", "<script>").find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace granary::api
