#include "api/python_handlers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/python_routes.h"
#include "base/hash.h"
#include "base/json.h"
#include "blob/memory_store.h"
#include "python/simple.h"
#include "python/testing/records.h"
#include "view/testing/world.h"

namespace granary::api {
namespace {

constexpr const char* kUvAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// A Python repository "team" of the sources "own" and "second", and an R repository "rr".
class PythonApi : public testing::Test {
 protected:
  PythonApi() { start({}); }

  void start(const std::string& public_url) {
    router = std::make_unique<http::Router>();
    bind_python(*router, {world.views, blobs, public_url});
  }

  http::Response get(const std::string& target, std::vector<http::Header> headers = {}) {
    http::Request request;
    request.target = target;
    request.headers = std::move(headers);
    request.headers.push_back({"Host", "packages.example.com:4242"});
    return router->dispatch(world.ctx, request);
  }

  /// Stores `bytes` and publishes them under the record's name.
  model::FileRecord publish(model::SourceId source, model::FileRecord file, const std::string& bytes) {
    auto writer = blobs->create(world.ctx);
    EXPECT_TRUE(writer && (*writer)->write(as_bytes(bytes)));
    EXPECT_TRUE((*writer)->commit(std::nullopt));
    file.source = source;
    file.blob = sha256(as_bytes(bytes));
    file.size = bytes.size();
    file.added_in = world.add(file);
    return file;
  }

  static std::string text(const http::Response& response) {
    if (const auto* bytes = std::get_if<http::BytesBody>(&response.body)) return *bytes->bytes;
    if (const auto* file = std::get_if<http::FileBody>(&response.body)) {
      std::string out(file->file->size, '\0');
      EXPECT_EQ(pread(file->file->fd.get(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
      return out;
    }
    return {};
  }
  static std::string header(const http::Response& response, std::string_view name) {
    std::string found;
    for (const auto& header : response.headers)
      if (header.name == name) found += (found.empty() ? "" : " | ") + header.value;
    return found;
  }
  Json json(const std::string& target) {
    const auto response = get(target, {{"Accept", kUvAccept}});
    EXPECT_EQ(response.status, 200) << target;
    auto parsed = Json::parse(text(response));
    EXPECT_TRUE(parsed) << target;
    return parsed ? *parsed : Json();
  }
  /// "../../packages/x" against /team/latest/simple/foo/.
  static std::string resolved(std::string_view url) {
    EXPECT_TRUE(url.starts_with("../../packages/")) << url;
    return "/team/latest/" + std::string(url.substr(6));
  }

  view::World world;
  std::shared_ptr<blob::MemoryStore> blobs = std::make_shared<blob::MemoryStore>();
  model::SourceId own = world.source("own", model::SourceType::local_python);
  model::SourceId second = world.source("second", model::SourceType::local_python);
  model::RepoId team = world.repository("team", {own, second}, model::Ecosystem::python);
  model::RepoId secret = world.repository("secret", {own}, model::Ecosystem::python, true);
  model::RepoId rr = world.repository("rr", {});
  std::unique_ptr<http::Router> router;
};

TEST_F(PythonApi, BindsEveryRoute) {
  const auto routes = router->routes();
  for (const auto* route : kPythonRoutes)
    EXPECT_NE(std::find(routes.begin(), routes.end(), route), routes.end()) << route->name;
  EXPECT_EQ(routes.size(), kPythonRoutes.size());
}

TEST_F(PythonApi, LeadsFromTheListToTheProjectToTheFileToItsMetadata) {
  const auto file = publish(own, python::wheel_record("Foo_bar", "1.0"), "wheel bytes");

  const auto list = json("/team/latest/simple/");
  EXPECT_EQ(list["projects"].items().at(0)["name"].string(), "foo-bar");
  const auto project = json("/team/latest/simple/foo-bar/");
  const auto& shown = project["files"].items().at(0);
  EXPECT_EQ(shown["size"].integer(), 11);
  const auto url = resolved(*shown["url"].string());

  const auto bytes = get(url);
  EXPECT_EQ(bytes.status, 200);
  EXPECT_EQ(text(bytes), "wheel bytes");
  EXPECT_EQ(bytes.etag, '"' + file.blob.hex() + '"');
  EXPECT_TRUE(bytes.ranges);
  EXPECT_TRUE(bytes.hot);
  EXPECT_EQ(header(bytes, "Cache-Control"), "public, max-age=365000000, immutable");
  EXPECT_EQ(header(bytes, "Content-Encoding"), "");

  const auto metadata = get(url + ".metadata");
  EXPECT_EQ(metadata.status, 200);
  EXPECT_EQ(text(metadata), file.metadata);
  EXPECT_EQ(sha256(as_bytes(text(metadata))).hex(), *shown["core-metadata"]["sha256"].string());
}

TEST_F(PythonApi, AnswersInTheFormThatTheClientAsksFor) {
  publish(own, python::wheel_record("foo", "1.0"), "x");
  const std::string page = "/team/latest/simple/foo/";
  const auto uv = get(page, {{"Accept", kUvAccept}, {"Accept-Encoding", "gzip, deflate, zstd"}});
  EXPECT_EQ(header(uv, "Content-Type"), "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(header(uv, "Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(header(uv, "Content-Encoding"), "zstd");
  EXPECT_EQ(header(uv, "Cache-Control"), "public, no-cache");
  EXPECT_EQ(header(uv, "X-PyPI-Last-Serial"), "1");
  ASSERT_TRUE(uv.hot);
  EXPECT_TRUE(uv.hot->for_everyone);

  const auto browser = get(page, {{"Accept", "text/html,*/*;q=0.8"}});
  EXPECT_EQ(header(browser, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(text(browser).find("<a href=\"../../packages/"), std::string::npos);
  EXPECT_NE(browser.etag, uv.etag);
  EXPECT_EQ(header(get(page, {{"Accept", "image/png"}}), "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(get(page + "?format=application/vnd.pypi.simple.v1+json"), "Content-Type"),
            "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(get(page + "?format=xml").status, 400);
}

TEST_F(PythonApi, KeepsThePageOfAProjectWhenAnotherChanges) {
  publish(own, python::wheel_record("foo", "1.0"), "x");
  const auto before = get("/team/latest/simple/foo/", {{"Accept", kUvAccept}});
  publish(own, python::wheel_record("bar", "1.0"), "y");
  const auto after = get("/team/latest/simple/foo/", {{"Accept", kUvAccept}});
  EXPECT_FALSE(before.hot->fresh.holds());  // its serial is that of the list
  EXPECT_EQ(before.etag, after.etag);
  EXPECT_EQ(header(after, "X-PyPI-Last-Serial"), "2");
}

TEST_F(PythonApi, RedirectsToTheCanonicalAddress) {
  publish(own, python::wheel_record("foo", "1.0"), "x");
  for (const auto& [target, location] : std::vector<std::pair<std::string, std::string>>{
           {"/team/latest/simple", "simple/"},
           {"/team/latest/simple/foo", "foo/"},
           {"/team/latest/simple/Foo.Bar", "foo-bar/"},
           {"/team/latest/simple/Foo__Bar/", "../foo-bar/"},
           {"/team/latest/simple/Foo?format=text/html", "foo/?format=text/html"}}) {
    const auto response = get(target);
    EXPECT_EQ(response.status, 301) << target;
    EXPECT_EQ(header(response, "Location"), location) << target;
  }
}

TEST_F(PythonApi, SaysPlainlyWhatIsNotThere) {
  const auto file = publish(own, python::wheel_record("foo", "1.0"), "x");
  const auto path = python::file_path(file);
  for (const std::string& target : std::vector<std::string>{
           "/team/latest/simple/unknown/", "/team/latest/simple/-bad-/", "/nobody/latest/simple/",
           "/team/never/simple/", "/team/2024-02-30/simple/foo/", "/rr/latest/simple/",
           "/rr/latest/simple/foo/", "/team/latest/packages/" + path + "x", "/team/latest/packages/",
           "/team/latest/packages/a/b/c/d", "/team/latest/packages/00" + path.substr(2),
           "/rr/latest/packages/" + path, "/team/2024-04-01/packages/" + path,
           "/team/latest/pypi/unknown/json", "/team/latest/pypi/foo/2.0/json", "/team/latest/simple/%22x/"}) {
    const auto response = get(target, {{"Accept", kUvAccept}});
    EXPECT_EQ(response.status, 404) << target;
    const auto body = Json::parse(text(response));
    ASSERT_TRUE(body) << target;
    EXPECT_FALSE((*body)["hint"].string().value_or("").empty()) << target;
  }
  EXPECT_TRUE(get("/team/latest/simple/unknown/").hot);
}

TEST_F(PythonApi, TakesAProjectWholeFromTheFirstSource) {
  const auto mine = publish(own, python::wheel_record("foo", "1.0"), "mine");
  const auto theirs = publish(second, python::wheel_record("foo", "9.0"), "theirs");
  EXPECT_EQ(json("/team/latest/simple/foo/")["versions"].items().size(), 1U);
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(mine)).status, 200);
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(theirs)).status, 404);
}

TEST_F(PythonApi, ShowsThePast) {
  const auto old = publish(own, python::wheel_record("foo", "1.0"), "old");
  world.clock->advance(std::chrono::hours(48));
  publish(own, python::wheel_record("foo", "2.0"), "new");
  EXPECT_EQ(json("/team/latest/simple/foo/")["versions"].items().size(), 2U);
  EXPECT_EQ(json("/team/2024-05-01/simple/foo/")["versions"].items().size(), 1U);
  EXPECT_EQ(json("/team/1/simple/foo/")["versions"].items().size(), 1U);
  EXPECT_EQ(header(get("/team/2024-05-01/simple/foo/"), "Cache-Control"), "public, max-age=86400");
  world.remove(own, old.filename);
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(old)).status, 404);
  EXPECT_EQ(get("/team/2/packages/" + python::file_path(old)).status, 200);
}

TEST_F(PythonApi, FindsOldSdistsWithDashesInTheirVersion) {
  auto file = python::sdist_record("foo", "1.0-1");
  file.version = "1.0.post1";
  file = publish(own, file, "sdist");
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(file)).status, 200);
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(file) + ".metadata").status, 404);
}

TEST_F(PythonApi, KeepsAuthenticatedRepositoriesOutOfSharedCaches) {
  const auto file = publish(own, python::wheel_record("foo", "1.0"), "x");
  const auto page = get("/secret/latest/simple/foo/");
  EXPECT_EQ(header(page, "Cache-Control"), "private, no-cache");
  EXPECT_FALSE(page.hot);  // or a token would be good after it was revoked
  const auto bytes = get("/secret/latest/packages/" + python::file_path(file));
  EXPECT_EQ(header(bytes, "Cache-Control"), "private, max-age=365000000, immutable");
  EXPECT_FALSE(bytes.hot);
  EXPECT_FALSE(get("/secret/latest/simple/none/").hot);
}

TEST_F(PythonApi, GivesPypisJsonWithAbsoluteAddresses) {
  const auto file = publish(own, python::wheel_record("foo", "1.0"), "x");
  const auto by_host = json("/team/latest/pypi/Foo/json");
  EXPECT_EQ(by_host["urls"].items().at(0)["url"].string(),
            "http://packages.example.com:4242/team/latest/packages/" + python::file_path(file));
  EXPECT_EQ(by_host["info"]["version"].string(), "1.0");
  EXPECT_FALSE(get("/team/latest/pypi/foo/json").hot) << "the Host of one client would be shown to others";
  EXPECT_EQ(json("/team/latest/pypi/foo/1.0/json")["releases"].is_null(), true);

  start("https://example.org/pm");
  EXPECT_EQ(json("/team/latest/pypi/foo/json")["urls"].items().at(0)["url"].string(),
            "https://example.org/pm/team/latest/packages/" + python::file_path(file));
  EXPECT_TRUE(get("/team/latest/pypi/foo/json").hot);
}

TEST_F(PythonApi, DoesNotBlameTheClientForLostBytes) {
  const auto file = publish(own, python::wheel_record("foo", "1.0"), "x");
  ASSERT_TRUE(blobs->remove(world.ctx, file.blob));
  EXPECT_EQ(get("/team/latest/packages/" + python::file_path(file)).status, 500);
}

}  // namespace
}  // namespace granary::api
