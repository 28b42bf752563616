/// What a second reader could understand differently is refused and the connection closed (RFC 9112;
/// smuggling).
#include <gtest/gtest.h>

#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

struct Hostile {
  const char* name;
  std::string bytes;
  int status;
};

class StrictnessTest : public ServerTest, public ::testing::WithParamInterface<Hostile> {};

std::string get_with(std::string_view lines) {
  return "GET /a HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n\r\n";
}
std::string post_with(std::string_view lines, std::string_view body) {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n\r\n" + std::string(body);
}

TEST_P(StrictnessTest, IsRefusedAndTheConnectionClosed) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  route(Method::post, "/a", [](const Context&, const Request&) -> Result<Response> {
    return bytes_response(200, "text/plain", "posted");
  });
  options.limits.header_bytes = 8 * 1024;
  if (GetParam().status == 408) options.limits.body_timeout = std::chrono::milliseconds(200);
  start();
  RawClient client(port);
  client.send(GetParam().bytes);

  const auto answer = client.read();

  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.header("connection"), "close");
  client.half_close();
  EXPECT_TRUE(client.closed());
}

INSTANTIATE_TEST_SUITE_P(
    Table, StrictnessTest,
    ::testing::Values(
        Hostile{"LengthAndEncoding",
                post_with("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
        Hostile{"EncodingAndLength",
                post_with("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"), 400},
        Hostile{"TwoLengths", post_with("Content-Length: 1\r\nContent-Length: 2", "ab"), 400},
        Hostile{"TwoEqualLengths", post_with("Content-Length: 1\r\nContent-Length: 1", "a"), 400},
        Hostile{"ListOfLengths", post_with("Content-Length: 1, 1", "a"), 400},
        Hostile{"SpaceBeforeColon", post_with("Transfer-Encoding : chunked", "0\r\n\r\n"), 400},
        Hostile{"UnknownEncoding", post_with("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400},
        Hostile{"EncodingList", post_with("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501},
        Hostile{"TwoEncodings",
                post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
        Hostile{"EncodingIdentity", post_with("Transfer-Encoding: identity", ""), 400},
        Hostile{"EncodingInTen", "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
        Hostile{"SignedLength", post_with("Content-Length: +0", ""), 400},
        Hostile{"NegativeLength", post_with("Content-Length: -1", ""), 400},
        Hostile{"HexLength", post_with("Content-Length: 0x10", ""), 400},
        Hostile{"EmptyLength", post_with("Content-Length: ", ""), 400},
        Hostile{"AbsurdLength", post_with("Content-Length: 99999999999999999999999", ""), 400},
        Hostile{"LengthBeyondLimit", post_with("Content-Length: 999999999999999", ""), 413},
        Hostile{"NulInHeader", get_with(std::string_view("X: a\0b", 6)), 400},
        Hostile{"BareLineFeed", "GET /a HTTP/1.1\nHost: x\n\n", 400},
        Hostile{"BareLineFeedInHeaders", "GET /a HTTP/1.1\r\nHost: x\nY: z\r\n\r\n", 400},
        Hostile{"BareCarriageReturn", get_with("X: a\rb"), 400},
        Hostile{"Folded", get_with("X: a\r\n b"), 400}, Hostile{"FoldedByTab", get_with("X: a\r\n\tb"), 400},
        Hostile{"FoldedFromNothing", get_with("X:\r\n b"), 400},
        Hostile{"FoldedFirst", "GET /a HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        Hostile{"NoHost", "GET /a HTTP/1.1\r\n\r\n", 400}, Hostile{"TwoHosts", get_with("Host: y"), 400},
        Hostile{"BadHost", "GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
        Hostile{"HeaderWithoutColon", get_with("X"), 400}, Hostile{"HeaderWithoutName", get_with(": x"), 400},
        Hostile{"SpaceInName", get_with("X Y: z"), 400},
        Hostile{"RelativeTarget", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"OtherScheme", "GET ftp://x/a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"AbsoluteWithoutPath", "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"Star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"RawBytesInTarget", "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"ControlInTarget", "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"Fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Hostile{"UnknownMethod", "BREW /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        Hostile{"Trace", "TRACE /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        Hostile{"Connect", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        Hostile{"NextVersion", "GET /a HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        Hostile{"Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Hostile{"OldVersion", "GET /a HTTP/0.9\r\nHost: x\r\n\r\n", 505},
        Hostile{"NotHttp", "\x16\x03\x01\x02\x03 hello\r\n\r\n", 400},
        Hostile{"ChunkSizeNotHex", post_with("Transfer-Encoding: chunked", "xyz\r\n"), 400},
        Hostile{"ChunkSizeSigned", post_with("Transfer-Encoding: chunked", "-1\r\n"), 400},
        Hostile{"ChunkSizePrefixed", post_with("Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n"),
                400},
        Hostile{"ChunkSizeAbsurd", post_with("Transfer-Encoding: chunked", "fffffffffffffffff\r\n"), 400},
        Hostile{"ChunkWithoutItsEnd", post_with("Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n"), 400},
        Hostile{"ChunkByLineFeed", post_with("Transfer-Encoding: chunked", "1\na\n0\n\n"), 400},
        Hostile{"ChunkExtensionWithoutEnd",
                post_with("Transfer-Encoding: chunked", "1;" + std::string(200'000, 'x')), 400},
        Hostile{"TrailerWithoutEnd",
                post_with("Transfer-Encoding: chunked", "0\r\nX: " + std::string(200'000, 'x')), 400},
        Hostile{"BodyNeverComes", post_with("Content-Length: 4", "ab"), 408},
        Hostile{"HugeHead", get_with("X: " + std::string(20'000, 'x')), 431},
        Hostile{"HugeTarget", "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
        Hostile{"UnknownExpectation", post_with("Content-Length: 1\r\nExpect: tea", "a"), 417}),
    [](const auto& row) { return row.param.name; });

using LeniencyTest = ServerTest;

TEST_F(LeniencyTest, WhatIsMerelyUnusualIsServed) {
  route(Method::get, "/a", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", request.target + "|" + std::string(request.header("x")));
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.ask("GET http://other:80/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n").body, "/a?b=c|");
  EXPECT_EQ(client.get("/a", "X:  spaced \t \r\n").body, "/a|spaced");
  EXPECT_EQ(client.get("/a", "X:\r\n").body, "/a|");
  EXPECT_EQ(client.get("/a", "x: \xc3\xa9\r\n").body, "/a|\xc3\xa9");
  EXPECT_EQ(client.get("/a", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n").status, 200);
  EXPECT_EQ(client.ask("\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  EXPECT_EQ(client.ask("GET /a HTTP/1.1\r\nhOST:\r\n\r\n").status, 200);
}

TEST_F(LeniencyTest, ARequestMayArriveByteByByte) {
  route(Method::post, "/a", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain",
                          std::to_string(request.body->size()) + std::string(request.header("x-y")));
  });
  start();
  RawClient client(port);
  for (const char c : std::string("POST /a HTTP/1.1\r\nHost: x\r\nX-Y: z\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")) {
    client.send({&c, 1});
  }
  EXPECT_EQ(client.read().body, "2z");
}

TEST_F(LeniencyTest, RepeatedHeadersAreReadAsIfTheyWereNew) {
  route(Method::get, "/{rest*}", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", request.target + "|" + std::string(request.header("x")));
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a", "X: 1\r\n").body, "/a|1");
  EXPECT_EQ(client.get("/bb?c", "X: 1\r\n").body, "/bb?c|1");
  EXPECT_EQ(client.get("/!$&'()*+,;=:@-._~[]{}|^`\"<>\\", "X: 1\r\n").body,
            "/!$&'()*+,;=:@-._~[]{}|^`\"<>\\|1");
  EXPECT_EQ(client.get("/a", "X: 2\r\n").body, "/a|2");
  EXPECT_EQ(client.get("/a", "X: 2\r\nY: 3\r\n").body, "/a|2");
  EXPECT_EQ(client.get("/b", "X: 2\r\n").body, "/b|2");
  EXPECT_EQ(client.get("/\x01", "X: 2\r\n").status, 400);
}

TEST_F(LeniencyTest, HttpOneDotZeroKeepsAliveOnlyWhenAsked) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start();
  RawClient asks(port);
  const auto kept = asks.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.header("connection"), "keep-alive");
  EXPECT_EQ(asks.ask("GET /a HTTP/1.0\r\n\r\n").header("connection"), "close");
  EXPECT_TRUE(asks.closed());
}

TEST_F(LeniencyTest, ConnectionCloseIsObeyed) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a", "Connection: close\r\n").header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace granary::http
