#include "upstream/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "net/testing/fake_http_server.h"

namespace granary::upstream {
namespace {

using namespace std::chrono_literals;
using net::FakeReply;

class ClientTest : public testing::Test {
 protected:
  std::unique_ptr<Client> make(ClientOptions options = {}) {
    if (options.url.empty()) options.url = server.url() + "/top/";
    options.retry = {.attempts = 3, .first = 1ms, .longest = 5ms};
    options.on_answer = [this](int status) { heard.push_back(status); };
    return make_client(std::move(options), std::make_shared<FakeClock>()).value();
  }
  Result<Answer> get(Get what) { return make()->get(ctx, what); }
  std::string header_sent(std::size_t request, const std::string& name) {
    const auto headers = server.requests().at(request).headers;
    return headers.contains(name) ? headers.at(name) : "";
  }
  std::vector<std::string> targets() {
    std::vector<std::string> out;
    for (const auto& request : server.requests()) out.push_back(request.target);
    return out;
  }

  const Context ctx = test_context();
  net::FakeHttpServer server;
  std::vector<int> heard;
};
using Strings = std::vector<std::string>;

TEST_F(ClientTest, APathIsBelowTheUpstreamsUrlAndAnAbsoluteUrlIsItself) {
  server.otherwise([](const net::FakeRequest&) { return FakeReply{.body = "x"}; });
  EXPECT_EQ(get({.url = "src/contrib/PACKAGES"})->body, "x");
  EXPECT_EQ(get({.url = server.url() + "/other?a=b"})->url, server.url() + "/other?a=b");
  EXPECT_EQ(targets(), (Strings{"/top/src/contrib/PACKAGES", "/other?a=b"}));
  EXPECT_EQ(heard, (std::vector<int>{200, 200}));
}

TEST_F(ClientTest, WhatUpstreamDoesNotHaveIsNotFoundAtOnce) {
  const auto answer = get({.url = "a"});
  EXPECT_EQ(answer.error().code(), Errc::not_found);
  EXPECT_EQ(answer.error().message(), "upstream has no " + server.url() + "/top/a");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, WhatMayPassIsTriedAgain) {
  server.when("/top/a").reply(200, "at last");
  server.next({.status = 429, .headers = {{"Retry-After", "0"}}});
  server.fail_next(503);
  EXPECT_EQ(get({.url = "a"})->body, "at last");
  EXPECT_EQ(heard, (std::vector<int>{429, 503, 200}));
}

TEST_F(ClientTest, WhatStaysBrokenIsUnavailableAndNamed) {
  server.fail_next(500, 3);
  const auto answer = get({.url = "a?token=secret"});
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_EQ(answer.error().message(), "upstream answers 500: " + server.url() + "/top/a");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(ClientTest, AnUpstreamThatIsNotThereIsNamed) {
  const auto answer = make({.url = "http://127.0.0.1:1"})->get(ctx, {.url = "a"});
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_NE(answer.error().message().find("127.0.0.1:1"), std::string::npos) << answer.error().message();
}

TEST_F(ClientTest, ARefusalIsNotTriedAgain) {
  server.fail_next(403);
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, ABodyThatBreaksOffIsNeverTakenForWhole) {
  server.when("/top/a").reply({.body = "0123456789", .way = FakeReply::Way::cut});
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
}

TEST_F(ClientTest, ABodyThatBreaksOffIsResumedWhereUpstreamCan) {
  server.next({.headers = {{"ETag", "\"v1\""}}, .body = "0123456789", .way = FakeReply::Way::cut});
  server.next(
      {.status = 206, .headers = {{"ETag", "\"v1\""}, {"Content-Range", "bytes 5-9/10"}}, .body = "56789"});
  EXPECT_EQ(get({.url = "a"})->body, "0123456789");
  EXPECT_EQ(header_sent(1, "range"), "bytes=5-");
  EXPECT_EQ(header_sent(1, "if-range"), "\"v1\"");
}

TEST_F(ClientTest, ABodyInMemoryThatBreaksOffIsAskedForAgainFromItsBeginning) {
  server.next({.body = "0123456789", .way = FakeReply::Way::cut});
  server.next({.body = "abcdefghij"});
  EXPECT_EQ(get({.url = "a", .compressed = true})->body, "abcdefghij");
  EXPECT_EQ(header_sent(1, "range"), "");
}

TEST_F(ClientTest, APartThatNobodyAskedForIsNotTakenForAll) {
  server.when("/top/a").reply({.status = 206, .headers = {{"Content-Range", "bytes 0-2/10"}}, .body = "012"});
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
}

TEST_F(ClientTest, NotModifiedIsNoAnswerToAQuestionWithoutCondition) {
  server.when("/top/a").reply({.status = 304});
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
}

TEST_F(ClientTest, APackedBodyThatIsNotPackedIsCorrupt) {
  server.when("/top/a").reply({.headers = {{"Content-Encoding", "gzip"}}, .body = "not gzip at all"});
  server.when("/top/b").reply({.headers = {{"Content-Encoding", "br"}}, .body = "nor what we offered"});
  EXPECT_EQ(get({.url = "a", .compressed = true}).error().code(), Errc::corrupt);
  EXPECT_EQ(get({.url = "b", .compressed = true}).error().code(), Errc::corrupt);
}

TEST_F(ClientTest, AFileThatChangedMeanwhileIsNotPatchedTogether) {
  server.next({.headers = {{"ETag", "\"v1\""}}, .body = "0123456789", .way = FakeReply::Way::cut});
  server.next({.headers = {{"ETag", "\"v2\""}}, .body = "abcdefghij"}, 5);
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
}

TEST_F(ClientTest, ConditionsAreSentAndNotModifiedIsAnAnswer) {
  server.when("/top/a").reply({.status = 304});
  const auto answer = get({.url = "a", .known = {"\"e\"", "Wed, 01 May 2024 12:00:00 GMT"}});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->not_modified);
  EXPECT_EQ(header_sent(0, "if-none-match"), "\"e\"");
  EXPECT_EQ(header_sent(0, "if-modified-since"), "Wed, 01 May 2024 12:00:00 GMT");
}

TEST_F(ClientTest, ARangeComesAloneAlsoFromAnUpstreamThatSendsAll) {
  server.when("/top/ranges")
      .reply({.status = 206, .headers = {{"Content-Range", "bytes 2-4/1000"}}, .body = "234"});
  server.when("/top/all").reply(200, "0123456789");
  const auto some = get({.url = "ranges", .range = ByteRange{2, 3}});
  ASSERT_TRUE(some);
  EXPECT_EQ(some->body, "234");
  EXPECT_EQ(some->size, 1000u);
  EXPECT_EQ(header_sent(0, "range"), "bytes=2-4");
  EXPECT_EQ(get({.url = "all", .range = ByteRange{0, 4}})->body, "0123");
  EXPECT_EQ(get({.url = "all", .range = ByteRange{0, 99}})->body, "0123456789");
  EXPECT_EQ(get({.url = "all", .range = ByteRange{4, 2}}).error().code(), Errc::unsupported);
}

TEST_F(ClientTest, AnotherRangeThanTheOneAskedForIsNotTaken) {
  server.when("/top/a").reply({.status = 206, .headers = {{"Content-Range", "bytes 0-2/10"}}, .body = "012"});
  EXPECT_EQ(get({.url = "a", .range = ByteRange{2, 3}}).error().code(), Errc::unavailable);
}

TEST_F(ClientTest, ABodyOverTheLimitEndsWithAnErrorWhetherItsLengthIsSaidOrNot) {
  server.when("/top/said").reply(200, "0123456789");
  server.when("/top/unsaid")
      .reply({.headers = {{"Transfer-Encoding", "chunked"}}, .body = "a\r\n0123456789\r\n0\r\n\r\n"});
  EXPECT_EQ(get({.url = "said", .limit = 9}).error().code(), Errc::too_large);
  EXPECT_EQ(get({.url = "unsaid", .limit = 9}).error().code(), Errc::too_large);
  EXPECT_EQ(get({.url = "unsaid", .limit = 10})->body, "0123456789");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(ClientTest, RedirectsAreFollowedAndTheAnswerSaysWhereItIs) {
  server.when("/top/a").reply({.status = 302, .headers = {{"Location", "../b"}}});
  server.when("/b").reply(200, "there");
  const auto answer = get({.url = "a"});
  EXPECT_EQ(answer->body, "there");
  EXPECT_EQ(answer->url, server.url() + "/b");
}

TEST_F(ClientTest, CirclesAndEndlessRedirectsEnd) {
  server.when("/top/a").reply({.status = 301, .headers = {{"Location", "b"}}});
  server.when("/top/b").reply({.status = 301, .headers = {{"Location", "a"}}});
  EXPECT_NE(get({.url = "a"}).error().message().find("in a circle"), std::string::npos);
  int n = 0;
  server.otherwise([&](const net::FakeRequest&) {
    return FakeReply{.status = 302, .headers = {{"Location", "/" + std::to_string(++n)}}};
  });
  EXPECT_NE(get({.url = "c"}).error().message().find("more than 5 times"), std::string::npos);
  EXPECT_EQ(n, 6);
}

TEST_F(ClientTest, ALinkToAFileOfThisMachineIsNotFollowed) {
  server.when("/top/a").reply({.status = 302, .headers = {{"Location", "file:///etc/passwd"}}});
  EXPECT_EQ(get({.url = "a"}).error().code(), Errc::unavailable);
  EXPECT_EQ(get({.url = "file:///etc/passwd"}).error().code(), Errc::invalid_argument);
}

TEST_F(ClientTest, CredentialsGoToTheUpstreamAndToNobodyElse) {
  net::FakeHttpServer other;
  other.when("/b").reply(200, "there");
  server.when("/top/a").reply({.status = 302, .headers = {{"Location", other.url() + "/b"}}});
  const auto client = make({.url = server.url() + "/top", .user = "me", .password = "secret"});
  EXPECT_EQ(client->get(ctx, {.url = "a"})->body, "there");
  EXPECT_EQ(header_sent(0, "authorization"), "Basic bWU6c2VjcmV0");
  EXPECT_FALSE(other.requests().at(0).headers.contains("authorization"));
}

TEST_F(ClientTest, RequestsGoThroughTheProxyOfTheSource) {
  net::FakeHttpServer proxy;
  proxy.when("http://cran.invalid/src/contrib/PACKAGES").reply(200, "through");
  const auto address = "http://me:pw@" + proxy.url().substr(7);
  EXPECT_EQ(
      make({.url = "http://cran.invalid", .proxy = address})->get(ctx, {.url = "src/contrib/PACKAGES"})->body,
      "through");
  EXPECT_EQ(proxy.requests().at(0).headers.at("proxy-authorization"), "Basic bWU6cHc=");
}

TEST_F(ClientTest, StreamedBytesComeAfterTheHead) {
  server.when("/top/a").reply({.headers = {{"ETag", "\"e\""}}, .body = "0123456789"});
  std::string log;
  const auto answer = make()->stream(
      ctx, {.url = "a"},
      [&](const Answer& head) -> Result<> {
        log += "head " + std::to_string(head.size.value_or(0)) + ' ';
        return {};
      },
      [&](ByteSpan bytes) -> Result<> {
        log += as_text(bytes);
        return {};
      });
  ASSERT_TRUE(answer);
  EXPECT_EQ(log, "head 10 0123456789");
}

TEST_F(ClientTest, AnErrorOfTheSinkIsPassedOnAndNotRetried) {
  server.when("/top/a").reply(200, "x");
  const auto answer = make()->stream(
      ctx, {.url = "a"}, [](const Answer&) { return Result<>(); },
      [](ByteSpan) -> Result<> { return fail(Errc::unavailable, "disk full"); });
  EXPECT_EQ(answer.error().message(), "disk full");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ClientTest, AWebPageIsNotTakenForData) {
  server.when("/top/typed").reply({.headers = {{"Content-Type", "text/html; charset=utf-8"}}, .body = "x"});
  server.when("/top/untyped").reply(200, "\n<!DOCTYPE html><p>Log in");
  server.when("/top/data").reply(200, "Package: a\n");
  EXPECT_TRUE(looks_like_html(*get({.url = "typed"})));
  EXPECT_TRUE(looks_like_html(*get({.url = "untyped"})));
  EXPECT_FALSE(looks_like_html(*get({.url = "data"})));
}

TEST_F(ClientTest, OnlyHttpAndFilesAreUpstreams) {
  const auto clock = std::make_shared<FakeClock>();
  for (const auto& url :
       {std::string(""), std::string("ftp://a.b"), std::string("cran.r-project.org"), std::string("http://")})
    EXPECT_EQ(make_client({.url = url}, clock).error().code(), Errc::invalid_argument) << url;
}

}  // namespace
}  // namespace granary::upstream
