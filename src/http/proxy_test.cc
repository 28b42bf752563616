/// Behind a proxy: the PROXY protocol, addresses of clients, and path prefixes, over real sockets.
#include <gtest/gtest.h>

#include <fstream>

#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

using namespace std::chrono_literals;

class ProxyTest : public ServerTest {
 protected:
  ProxyTest() {
    route(Method::get, "/who", [](const Context&, const Request& request) -> Result<Response> {
      return bytes_response(200, "text/plain", request.peer + (request.proxied ? " proxied" : ""));
    });
  }
  void start_with_proxy_protocol() {
    auto one = listener("127.0.0.1:0");
    one.proxy_protocol = true;
    start({one});
  }
  static Networks networks(std::string_view text) {
    auto parsed = Networks::parse(text);
    EXPECT_TRUE(parsed);
    return *std::move(parsed);
  }
};

constexpr std::string_view kGet = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kVersion2("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xC0\0\x02\x09\x0A\0\0\x01\xDC\x04\x01\xBB",
                            28);

TEST_F(ProxyTest, TheHeaderSaysWhoTheClientIsForTheWholeConnection) {
  start_with_proxy_protocol();
  RawClient one(port);
  EXPECT_EQ(one.ask("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n" + std::string(kGet)).body,
            "192.0.2.1 proxied");
  EXPECT_EQ(one.ask(kGet).body, "192.0.2.1 proxied");
  RawClient two(port);
  EXPECT_EQ(two.ask(kVersion2 + std::string(kGet)).body, "192.0.2.9 proxied");
  RawClient health_check(port);
  EXPECT_EQ(health_check.ask("PROXY UNKNOWN\r\n" + std::string(kGet)).body, "127.0.0.1 proxied");
}

TEST_F(ProxyTest, TheHeaderMayComeByteByByte) {
  start_with_proxy_protocol();
  RawClient client(port);
  for (const char c : kVersion2) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(client.ask(kGet).body, "192.0.2.9 proxied");
}

TEST_F(ProxyTest, AConnectionWithoutTheHeaderIsClosedWithoutAnAnswer) {
  start_with_proxy_protocol();
  for (const std::string& begin :
       {std::string(kGet), std::string("PROXY TCP4 x y 1 2\r\n") + std::string(kGet)}) {
    RawClient client(port);
    const auto answer = client.ask(begin);
    EXPECT_EQ(answer.status, 0);
    EXPECT_TRUE(client.closed(5s));
  }
}

TEST_F(ProxyTest, AHeaderThatDoesNotArriveInTimeEndsTheConnection) {
  options.limits.header_timeout = 300ms;
  start_with_proxy_protocol();
  RawClient silent(port), slow(port);
  slow.send("PROXY TCP4 ");
  EXPECT_TRUE(silent.closed(5s));
  EXPECT_TRUE(slow.closed(5s));
}

TEST_F(ProxyTest, TheHeaderOfAStrangerIsRefused) {
  options.trusted_proxies = networks("192.0.2.0/24");
  start_with_proxy_protocol();
  RawClient client(port);
  client.send("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n" + std::string(kGet));
  EXPECT_TRUE(client.closed(5s));
}

TEST_F(ProxyTest, OffAHeaderIsABadRequest) {
  start();
  RawClient client(port);
  EXPECT_EQ(client.ask("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n" + std::string(kGet)).status, 501);
}

TEST_F(ProxyTest, ForwardedForIsBelievedOfTrustedProxiesOnly) {
  start();
  EXPECT_EQ(RawClient(port).get("/who", "X-Forwarded-For: 203.0.113.9\r\n").body, "203.0.113.9 proxied");
  server.reset();
  options.trusted_proxies = networks("192.0.2.0/24");
  start();
  EXPECT_EQ(RawClient(port).get("/who", "X-Forwarded-For: 203.0.113.9\r\n").body, "127.0.0.1");
}

TEST_F(ProxyTest, TheAccessLogNamesTheClient) {
  options.access_log = ServerOptions::AccessLog::common;
  options.access_log_path = ::testing::TempDir() + "granary_proxy_access.log";
  std::ofstream(options.access_log_path).close();
  start();
  RawClient(port).get("/who", "X-Forwarded-For: 203.0.113.9\r\n");
  server.reset();
  std::ifstream in(options.access_log_path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text.rfind("203.0.113.9 - - [", 0), 0U) << text;
}

TEST_F(ProxyTest, APathPrefixIsUnderstoodWithAndWithoutIt) {
  router.set_prefix("/a/granary");
  route(Method::get, "/path/{x}", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain",
                          std::string(request.path()) + "?" + std::string(request.query()));
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/path/1?q=2").body, "/path/1?q=2");
  EXPECT_EQ(client.get("/a/granary/path/1?q=2").body, "/path/1?q=2");
  EXPECT_EQ(client.get("/a/granaryx/path/1").status, 404);
  const auto bare = client.get("/a/granary");
  EXPECT_EQ(bare.status, 308);
  EXPECT_EQ(bare.header("location"), "granary/");
}

}  // namespace
}  // namespace granary::http
