#include <gtest/gtest.h>

#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

using EngineTest = ServerTest;

TEST_F(EngineTest, AnAnswerCarriesItsFraming) {
  serve("/hello", bytes_response(200, "text/plain", "hello"));
  start();
  RawClient client(port);
  const auto answer = client.get("/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("content-length"), "5");
  EXPECT_EQ(answer.header("content-type"), "text/plain");
  EXPECT_EQ(answer.header("server"), "granary");
  EXPECT_EQ(answer.header("date").size(), 29U);
  EXPECT_FALSE(answer.header("x-request-id").empty());
}

TEST_F(EngineTest, AListenersOwnHeadersAreOnEveryAnswerOfIt) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  auto with_header = listener("127.0.0.1:0");
  with_header.headers.push_back({"Strict-Transport-Security", "max-age=1"});
  start({with_header, listener("127.0.0.1:0")});
  RawClient client(port);
  EXPECT_EQ(client.get("/a").header("strict-transport-security"), "max-age=1");
  EXPECT_EQ(client.get("/missing").header("strict-transport-security"), "max-age=1");
  RawClient other(server->ports().at(1));
  EXPECT_EQ(other.get("/a").header("strict-transport-security"), "");
}

TEST_F(EngineTest, AConnectionServesManyRequests) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a").body, "a");
  EXPECT_EQ(client.get("/missing").status, 404);
  EXPECT_EQ(client.get("/a").body, "a");
}

TEST_F(EngineTest, PipelinedRequestsAreAnsweredInOrder) {
  route(Method::get, "/{n}", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", std::string(request.parameter("n")));
  });
  start();
  RawClient client(port);
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  EXPECT_EQ(client.read().body, "1");
  EXPECT_EQ(client.read().body, "2");
  EXPECT_EQ(client.read().body, "3");
}

TEST_F(EngineTest, ABodyIsGivenToItsHandlerHoweverItWasFramed) {
  route(Method::post, "/echo", [](const Context&, const Request& request) -> Result<Response> {
    std::string text;
    if (request.body) {
      auto read = for_each_chunk(*request.body, [&](ByteSpan chunk) -> Result<> {
        text += as_text(chunk);
        return {};
      });
      if (!read) return tl::unexpected(read.error());
    }
    return bytes_response(200, "text/plain", text);
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello").body, "hello");
  EXPECT_EQ(client
                .ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")
                .body,
            "abcde");
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").body, "");
}

}  // namespace
}  // namespace granary::http
