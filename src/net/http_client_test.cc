#include "net/http_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <thread>

#include "base/testing/test_context.h"
#include "net/testing/fake_http_server.h"

namespace granary::net {
namespace {

using namespace std::chrono_literals;

class HttpClientTest : public testing::Test {
 protected:
  Result<Response> get(const std::string& path) {
    return client.request(test_context(), {.url = server.url() + path});
  }
  FakeHttpServer server;
  HttpClient client{{}};
};

TEST_F(HttpClientTest, GivesStatusHeadersAndBody) {
  server.when("/a").reply(
      {.status = 201, .headers = {{"X-Thing", " one "}, {"ETag", "\"e\""}}, .body = "hello"});
  const auto response = get("/a?q=1").value();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.header("x-thing"), "one");
  EXPECT_EQ(response.header("etag"), "\"e\"");
  EXPECT_EQ(response.header("absent"), "");
  EXPECT_EQ(server.requests().at(0).target, "/a?q=1");
  EXPECT_EQ(server.requests().at(0).headers.at("user-agent"), "granary");
}

TEST_F(HttpClientTest, AnyStatusIsAnAnswerAndRedirectsAreNotFollowed) {
  server.when("/moved").reply({.status = 302, .headers = {{"Location", "/a"}}, .body = ""});
  EXPECT_EQ(get("/moved").value().status, 302);
  EXPECT_EQ(get("/nothing").value().status, 404);
  EXPECT_EQ(get("/nothing").value().body, "nothing here\n");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(HttpClientTest, SendsABodyLargerThanItsBuffersInOrder) {
  server.when("/up").reply(200, "ok");
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += std::to_string(i) + ",";
  const MemorySource source(bytes);
  std::uint64_t sent = 0;
  const auto response =
      client.request(test_context(), {.method = "PUT",
                                      .url = server.url() + "/up",
                                      .headers = {{"X-Empty", ""}, {"Content-Type", "text/x"}},
                                      .body = &source,
                                      .on_sent = [&](std::uint64_t n) { sent = n; }});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(sent, bytes.size());
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_TRUE(request.body == bytes);
  EXPECT_EQ(request.headers.at("content-type"), "text/x");
  EXPECT_EQ(request.headers.at("x-empty"), "");
}

TEST_F(HttpClientTest, EveryMethodArrivesAsItIs) {
  server.otherwise([](const FakeRequest&) { return FakeReply{.status = 200, .body = "x"}; });
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto response = client.request(test_context(), {.method = method, .url = server.url() + "/m"});
    ASSERT_TRUE(response) << method;
    EXPECT_EQ(server.requests().back().method, method);
    EXPECT_EQ(response->body, std::string_view(method) == "HEAD" ? "" : "x");
  }
  const MemorySource body("{}");
  ASSERT_TRUE(
      client.request(test_context(), {.method = "DELETE", .url = server.url() + "/m", .body = &body}));
  EXPECT_EQ(server.requests().back().body, "{}");
}

TEST_F(HttpClientTest, TheSinkTakesTheBodyOfASuccessOnly) {
  server.when("/ok").reply(200, std::string(1 << 20, 'x'));
  server.when("/bad").reply(500, "sorry");
  std::string taken;
  int head_status = 0;
  Request request{.url = server.url() + "/ok"};
  request.sink = [&](ByteSpan bytes) -> Result<> {
    EXPECT_EQ(head_status, 200);
    taken += as_text(bytes);
    return {};
  };
  request.on_head = [&](const Response& head) -> Result<> {
    head_status = head.status;
    return {};
  };
  EXPECT_EQ(client.request(test_context(), request).value().body, "");
  EXPECT_EQ(taken.size(), 1u << 20);
  taken.clear();
  request.url = server.url() + "/bad";
  EXPECT_EQ(client.request(test_context(), request).value().body, "sorry");
  EXPECT_EQ(taken, "");
  EXPECT_EQ(head_status, 500);
}

TEST_F(HttpClientTest, ErrorsOfCallbacksEndTheRequest) {
  server.when("/a").reply(200, "hello");
  Request request{.url = server.url() + "/a"};
  request.sink = [](ByteSpan) -> Result<> { return fail(Errc::corrupt, "bad bytes"); };
  EXPECT_EQ(client.request(test_context(), request).error().message(), "bad bytes");
  request.on_head = [](const Response&) -> Result<> { return fail(Errc::conflict, "bad head"); };
  EXPECT_EQ(client.request(test_context(), request).error().message(), "bad head");
  EXPECT_EQ(get("/a").value().body, "hello");
}

TEST_F(HttpClientTest, AnAnswerThatIsTooLongIsRefused) {
  server.when("/a").reply(200, "12345");
  server.when("/error").reply(500, "12345");
  EXPECT_EQ(client.request(test_context(), {.url = server.url() + "/a", .body_limit = 4}).error().code(),
            Errc::too_large);
  EXPECT_EQ(client.request(test_context(), {.url = server.url() + "/a", .body_limit = 5}).value().body,
            "12345");
  EXPECT_EQ(client.request(test_context(), {.url = server.url() + "/error", .body_limit = 4}).value().body,
            "1234");
}

TEST_F(HttpClientTest, ConnectionsAreReused) {
  server.when("/a").reply(200, "hello");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(get("/a"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, ManyThreadsMayAskAtOnce) {
  server.otherwise([](const FakeRequest& r) { return FakeReply{.status = 200, .body = r.target}; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        EXPECT_EQ(get(path).value().body, path);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 8);
}

TEST_F(HttpClientTest, AnAnswerThatIsCutOffIsUnavailable) {
  server.when("/a").reply({.status = 200, .body = "hello", .way = FakeReply::Way::cut});
  EXPECT_EQ(get("/a").error().code(), Errc::unavailable);
  server.when("/a").reply(200, "hello");
  EXPECT_EQ(get("/a").value().body, "hello");
}

TEST_F(HttpClientTest, ARefusedConnectionNamesTheAddress) {
  std::string url;
  {
    const FakeHttpServer gone;
    url = gone.url();
  }
  const auto error = client.request(test_context(), {.url = url + "/a?secret=1"}).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "cannot connect to " + url);
  EXPECT_NE(error.hint().find(url), std::string::npos);
}

TEST_F(HttpClientTest, TheDeadlineOfTheContextHolds) {
  server.next({.status = 200, .body = "", .way = FakeReply::Way::silent});
  const auto answer = client.request(test_context().with_timeout(50ms), {.url = server.url() + "/a"});
  EXPECT_EQ(answer.error().code(), Errc::deadline_exceeded);
  EXPECT_EQ(client.request(test_context().with_timeout(0ms), {.url = server.url()}).error().code(),
            Errc::deadline_exceeded);
}

TEST_F(HttpClientTest, AServerThatSaysNothingForTooLongIsUnavailable) {
  server.next({.status = 200, .body = "", .way = FakeReply::Way::silent});
  HttpClient impatient({.idle_timeout = 1s});
  EXPECT_EQ(impatient.request(test_context(), {.url = server.url() + "/a"}).error().code(),
            Errc::unavailable);
}

TEST_F(HttpClientTest, AServerThatDripsIsUnavailableWhereALowestSpeedIsAskedFor) {
  server.next({.status = 200, .body = std::string(2'000, 'x'), .way = FakeReply::Way::dripping});
  HttpClient impatient({.idle_timeout = 1s, .lowest_speed = 1'000});
  EXPECT_EQ(impatient.request(test_context().with_timeout(30s), {.url = server.url() + "/a"}).error().code(),
            Errc::unavailable);
}

TEST_F(HttpClientTest, CancellingEndsARequestInProgress) {
  server.when("/a").reply({.status = 200, .body = "hello", .way = FakeReply::Way::held});
  std::stop_source stop;
  const Logger silent;
  const Context ctx(silent, stop.get_token(), Context::Clock::time_point::max());
  Request request{.url = server.url() + "/a"};
  std::thread canceller;
  request.sink = [&](ByteSpan) -> Result<> {
    canceller = std::thread([&] { stop.request_stop(); });
    return {};
  };
  EXPECT_EQ(client.request(ctx, request).error().code(), Errc::cancelled);
  canceller.join();
}

TEST_F(HttpClientTest, BadRequestsAreInvalid) {
  for (const char* url : {"", "no scheme", "ftp://127.0.0.1/", "http://", "file:///etc/passwd"})
    EXPECT_EQ(client.request(test_context(), {.url = url}).error().code(), Errc::invalid_argument) << url;
  EXPECT_EQ(
      client.request(test_context(), {.url = server.url(), .headers = {{"A", "b\r\nC: d"}}}).error().code(),
      Errc::invalid_argument);
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClientUnixSocket, RequestsGoThroughTheSocket) {
  std::string folder = testing::TempDir() + "granary.XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    FakeHttpServer server(folder + "/s");
    server.when("/a").reply(200, "local");
    HttpClient client({.unix_socket = folder + "/s"});
    EXPECT_EQ(client.request(test_context(), {.url = "http://localhost/a"}).value().body, "local");
    EXPECT_EQ(server.requests().at(0).headers.at("host"), "localhost");
  }
  HttpClient client({.unix_socket = folder + "/none"});
  const auto error = client.request(test_context(), {.url = "http://localhost/a"}).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "cannot connect to " + folder + "/none");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace granary::net
