#include "http/route.h"

#include <gtest/gtest.h>

#include "base/testing/test_context.h"
#include "http/status.h"

namespace granary::http {
namespace {

constexpr RouteSpec kProject{"project", Method::get, "/{repo}/{snapshot}/simple/{project}/", Access::read,
                             ""};
constexpr RouteSpec kRoot{"root", Method::get, "/{repo}/{snapshot}/simple/", Access::read, ""};
constexpr RouteSpec kFile{"file", Method::get, "/{repo}/{snapshot}/packages/{path*}", Access::read, ""};
constexpr RouteSpec kPing{"ping", Method::get, "/__ping__", Access::anonymous, ""};
constexpr RouteSpec kRepo{"repo", Method::get, "/{repo}", Access::read, ""};
constexpr RouteSpec kSource{"source", Method::get, "/api/sources/{id}", Access::admin, ""};
constexpr RouteSpec kDelete{"delete", Method::del, "/api/sources/{id}", Access::admin, ""};
constexpr RouteSpec kFixed{"fixed", Method::post, "/api/sources/reorder", Access::admin, ""};
constexpr RouteSpec kThrows{"throws", Method::get, "/throws", Access::anonymous, ""};
constexpr RouteSpec kDamaged{"damaged", Method::get, "/damaged", Access::anonymous, ""};
constexpr RouteSpec kSent{"sent", Method::post, "/damaged", Access::anonymous, ""};
constexpr RouteSpec kFails{"fails", Method::get, "/fails", Access::anonymous, ""};

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const auto* spec : {&kProject, &kRoot, &kFile, &kPing, &kRepo, &kSource, &kDelete, &kFixed}) {
      router.bind(*spec, [spec](const Context&, const Request& request) -> Result<Response> {
        std::string text(spec->name);
        for (const auto& [key, value] : request.parameters) text += " " + std::string(key) + "=" + value;
        return bytes_response(200, "text/plain", text);
      });
    }
    router.bind(kThrows, [](const Context&, const Request&) -> Result<Response> { throw std::bad_alloc(); });
    for (const auto* spec : {&kDamaged, &kSent})
      router.bind(*spec, [](const Context&, const Request&) -> Result<Response> {
        return fail(Errc::corrupt, "not what it should be");
      });
    router.bind(kFails, [](const Context&, const Request&) -> Result<Response> {
      return fail(Errc::conflict, "taken already", "choose another");
    });
  }
  Response ask(Method method, std::string target) {
    Request request;
    request.method = method;
    request.target = std::move(target);
    return router.dispatch(test_context(), request);
  }
  static std::string text_of(const Response& response) {
    const auto* body = std::get_if<BytesBody>(&response.body);
    return body ? *body->bytes : "";
  }
  std::string get(std::string target) { return text_of(ask(Method::get, std::move(target))); }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& h : response.headers) {
      if (h.name == name) return h.value;
    }
    return "";
  }

  Router router;
};

TEST_F(RouterTest, ParametersAreDecodedOneSegmentAtATime) {
  EXPECT_EQ(get("/my%20repo/latest/simple/a%2Bb/?x=/y"), "project repo=my repo snapshot=latest project=a+b");
}

TEST_F(RouterTest, ATrailingSlashCounts) {
  EXPECT_EQ(get("/r/latest/simple/"), "root repo=r snapshot=latest");
  EXPECT_EQ(ask(Method::get, "/r/latest/simple").status, 404);
  EXPECT_EQ(ask(Method::get, "/r/latest/simple/p").status, 404);
}

TEST_F(RouterTest, RestTakesSlashes) {
  EXPECT_EQ(get("/r/1/packages/a/b%20c.whl"), "file repo=r snapshot=1 path=a/b c.whl");
}

TEST_F(RouterTest, LiteralsWinOverParameters) {
  EXPECT_EQ(get("/__ping__"), "ping");
  EXPECT_EQ(get("/other"), "repo repo=other");
}

TEST_F(RouterTest, ALiteralWithoutTheMethodLeavesTheRequestToAParameter) {
  EXPECT_EQ(get("/api/sources/reorder"), "source id=reorder");
  EXPECT_EQ(text_of(ask(Method::post, "/api/sources/reorder")), "fixed");
}

TEST_F(RouterTest, AnEmptySegmentIsNoParameter) { EXPECT_EQ(ask(Method::get, "/r//simple/").status, 404); }

TEST_F(RouterTest, SegmentsThatCouldLeaveAFolderAreRefused) {
  for (const auto* path : {"/..", "/%2e%2e", "/a%2Fb", "/r/1/packages/../x", "/r/1/packages/x/%2e%2e/y",
                           "/r/1/packages/..%2fx", "/a%00b", "/a%zz", "/a%4"}) {
    EXPECT_EQ(ask(Method::get, path).status, 400) << path;
  }
}

TEST_F(RouterTest, AnotherMethodGets405AndAllow) {
  const auto response = ask(Method::put, "/api/sources/x");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "DELETE, GET, HEAD");
}

TEST_F(RouterTest, HeadIsAnsweredByGet) { EXPECT_EQ(ask(Method::head, "/__ping__").status, 200); }

TEST_F(RouterTest, ErrorsBecomeJsonWithAHint) {
  const auto response = ask(Method::get, "/fails");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.reason, "taken already");
  EXPECT_EQ(text_of(response), "{\"error\":\"taken already\",\"hint\":\"choose another\"}\n");
}

TEST_F(RouterTest, AnExceptionIsA500) { EXPECT_EQ(ask(Method::get, "/throws").status, 500); }

TEST_F(RouterTest, TheGateIsAskedFirstAndSeesParameters) {
  std::string seen;
  router.set_gate([&](const Context&, const RouteSpec& spec, const Request& request) -> Result<> {
    seen = std::string(spec.name) + ":" + std::string(request.parameter("id"));
    return fail(Errc::unauthenticated, "a token is needed");
  });
  const auto response = ask(Method::get, "/api/sources/x");
  EXPECT_EQ(seen, "source:x");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(header(response, "WWW-Authenticate"), "Basic realm=\"granary\"");
}

TEST_F(RouterTest, DamagedBytesAreOursUnlessTheyWereSent) {
  EXPECT_EQ(ask(Method::get, "/damaged").status, 500);
  EXPECT_EQ(ask(Method::post, "/damaged").status, 400);
}

TEST_F(RouterTest, WhatNoDatabaseTakesAsTextIsRefused) {
  EXPECT_EQ(ask(Method::get, "/__ping__?comment=f%FCr").status, 400);
  EXPECT_EQ(ask(Method::get, "/f%FCr").status, 400);
  EXPECT_EQ(ask(Method::get, "/a%00b").status, 400);
  EXPECT_EQ(ask(Method::get, "/__ping__?comment=f%C3%BCr").status, 200);
  EXPECT_EQ(ask(Method::get, "/f%C3%BCr").status, 200);
}

TEST_F(RouterTest, AdmitRunsTheGateAlone) {
  router.set_gate([](const Context&, const RouteSpec&, const Request&) -> Result<> {
    return fail(Errc::permission_denied, "no");
  });
  Request request;
  request.target = "/throws";
  const auto admitted = router.admit(test_context(), request);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().code(), Errc::permission_denied);
}

TEST(RouterDeathTest, RoutesThatNoRequestCouldTellApartAreRefused) {
  constexpr static RouteSpec kOther{"other", Method::get, "/{name}", Access::read, ""};
  Router router;
  const Handler none = [](const Context&, const Request&) -> Result<Response> { return Response(); };
  router.bind(kRepo, none);
  EXPECT_DEATH(router.bind(kOther, none), "");
}

TEST(UrlForTest, ParametersAreEncoded) {
  const std::pair<std::string_view, std::string_view> values[] = {
      {"repo", "a/b"}, {"snapshot", "1"}, {"path", "x/y z"}};
  EXPECT_EQ(url_for(kFile, values), "/a%2Fb/1/packages/x/y%20z");
}

TEST(StatusTest, UnavailableSaysWhenToRetry) {
  const auto response = error_response(Error(Errc::unavailable, "upstream is down", "", "", 0));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.back().name, "Retry-After");
}

TEST(StatusTest, AReasonStaysInItsLine) {
  const auto response = error_response(Error(Errc::invalid_argument, "bad\r\nX: y", "", "", 0));
  EXPECT_EQ(response.reason, "bad");
}

TEST(RequestTest, QueryValuesAreDecoded) {
  Request request;
  request.target = "/p?a=1%202&b";
  EXPECT_EQ(request.path(), "/p");
  EXPECT_EQ(request.query_value("a"), "1 2");
  EXPECT_EQ(request.query_value("b"), "");
  EXPECT_EQ(request.query_value("c"), std::nullopt);
}

}  // namespace
}  // namespace granary::http
