/// Limits in time and number, draining, sockets, TLS, and what operators see.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <thread>

#include "base/testing/eventually.h"
#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

using namespace std::chrono_literals;
using LifeTest = ServerTest;

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(LifeTest, ASlowHeadIsDropped) {
  options.limits.header_timeout = 100ms;
  start();
  RawClient client(port);
  const auto begun = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(LifeTest, TricklingDoesNotBuyTime) {
  options.limits.header_timeout = 200ms;
  start();
  RawClient client(port);
  const auto begun = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\n");
  while (std::chrono::steady_clock::now() - begun < 9s && client.send("X: y\r\n") && !client.closed(20ms)) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 8s);
}

TEST_F(LifeTest, AnIdleConnectionIsClosed) {
  options.limits.idle_timeout = 100ms;
  start();
  std::optional<RawClient> client;
  // Again when it was idle for so long before it had asked.
  EXPECT_TRUE(eventually([&] { return client.emplace(port).get("/").status == 404; }));
  EXPECT_TRUE(client->closed(5s));
}

TEST_F(LifeTest, AReaderThatStallsIsDropped) {
  options.limits.body_timeout = 100ms;
  serve("/big", bytes_response(200, "text/plain", std::string(64 << 20, 'z')));
  start();
  RawClient client(port);
  client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(client.take(8), "HTTP/1.1");
  // And reads no further.
  const auto dropped = [&] {
    return metrics.render().find("ppm_http_requests_inflight 0") != std::string::npos;
  };
  EXPECT_TRUE(eventually(dropped, 5s));
  std::size_t came = 0;
  while (const auto n = client.take(1 << 20).size()) came += n;
  EXPECT_LT(came, 64U << 20);
}

TEST_F(LifeTest, ConnectionsAreLimited) {
  options.limits.connections = 2;
  start();
  RawClient one(port), two(port);
  EXPECT_EQ(one.get("/").status, 404);
  EXPECT_EQ(two.get("/").status, 404);
  RawClient three(port);
  EXPECT_TRUE(three.closed(5s));
  EXPECT_EQ(one.get("/").status, 404);
}

/// A handler that waits until the test lets it go.
class HeldTest : public ServerTest {
 protected:
  HeldTest() {
    route(Method::get, "/held", [this](const Context& context, const Request&) -> Result<Response> {
      std::unique_lock lock(mutex);
      ++waiting;
      changed.notify_all();
      while (!open && !context.stop().stop_requested()) changed.wait_for(lock, 5ms);
      return bytes_response(200, "text/plain", "done");
    });
    serve("/a", bytes_response(200, "text/plain", "a"));
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 20s, [&] { return waiting >= count; }));
  }
  void release() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool open = false;
};

TEST_F(HeldTest, AFullPoolSaysSoAtOnce) {
  options.workers = 1;
  options.queue = 1;
  start();
  RawClient working(port);
  working.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(1);
  std::array<RawClient, 3> others{RawClient(port), RawClient(port), RawClient(port)};
  for (auto& other : others) other.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answered = [](RawClient& client) {
    pollfd p{client.fd(), POLLIN, 0};
    return ::poll(&p, 1, 5) == 1;
  };
  // One waits in the queue.
  EXPECT_TRUE(eventually([&] { return std::count_if(others.begin(), others.end(), answered) >= 2; }));
  release();
  EXPECT_EQ(working.read().status, 200);
  int busy = 0, served = 0;
  for (auto& other : others) {
    const auto answer = other.read();
    busy += answer.status == 503 && answer.header("retry-after") == "2" ? 1 : 0;
    served += answer.status == 200 ? 1 : 0;
  }
  EXPECT_EQ(busy, 2);
  EXPECT_EQ(served, 1);
}

TEST_F(HeldTest, WhatIsAtOnceIsAnsweredWhenEveryWorkerWaits) {
  options.workers = 1;
  static constexpr RouteSpec spec{"life", Method::get, "/life", Access::anonymous, "", "", true};
  router.bind(spec, [](const Context&, const Request&) -> Result<Response> {
    return bytes_response(200, "text/plain", "alive");
  });
  router.set_prefix("/below");
  start();
  RawClient working(port), other(port);
  working.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(1);
  EXPECT_EQ(other.get("/life").body, "alive");
  EXPECT_EQ(other.get("/below/life?x=1").body, "alive");
  release();
  EXPECT_EQ(working.read().status, 200);
}

TEST_F(HeldTest, WhoWaitsForAWorkerForTooLongIsToldToComeLater) {
  options.workers = 1;
  options.limits.request_timeout = 1s;
  start();
  RawClient working(port), waiting_for_it(port);
  working.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(1);
  const auto answer = waiting_for_it.get("/a");  // while the worker is held
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "2");
  release();
  EXPECT_EQ(working.read().status, 200);
  EXPECT_EQ(waiting_for_it.get("/a").status, 200);
}

TEST_F(HeldTest, DrainFinishesWhatHasBegunAndClosesWhatIsIdle) {
  start();
  RawClient busy(port), idle(port), fresh(port);
  EXPECT_EQ(idle.get("/a").status, 200);
  busy.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(1);
  std::thread draining([&] { server->drain(10s); });
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(fresh.closed());
  release();
  const auto answer = busy.read();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.header("connection"), "close");
  busy.close();
  draining.join();
  EXPECT_FALSE(RawClient(port).connected());
}

TEST_F(HeldTest, DrainCutsWhenPatienceIsOver) {
  start();
  RawClient busy(port);
  busy.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(1);
  const auto begun = std::chrono::steady_clock::now();
  server->drain(50ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_TRUE(busy.closed());
}

TEST_F(HeldTest, AnUploadThatHasBegunIsTakenWholeDuringADrain) {
  route(Method::put, "/up", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", std::to_string(request.body->size()));
  });
  start();
  RawClient client(port);
  client.send("PUT /up HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  std::thread draining([&] { server->drain(10s); });
  EXPECT_TRUE(eventually([&] { return !RawClient(port).connected(); }));
  client.send("0123456789");
  EXPECT_EQ(client.read().body, "10");
  client.close();
  draining.join();
}

TEST_F(LifeTest, AUnixSocketHasItsModeAndMakesItsClientsLocal) {
  const auto path = ::testing::TempDir() + "granary_life_test.sock";
  ::unlink(path.c_str());
  route(Method::get, "/who", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", request.peer + (request.local ? " local" : " remote"));
  });
  auto on_socket = listener("unix:" + path);
  on_socket.unix_mode = 0600;
  start({listener("127.0.0.1:0"), on_socket});
  struct stat st{};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600U);
  EXPECT_EQ(server->ports().at(1), 0);
  EXPECT_EQ(RawClient(path).get("/who").body, "unix local");
  EXPECT_EQ(RawClient(port).get("/who").body, "127.0.0.1 remote");
  server->drain(1s);
  EXPECT_NE(::stat(path.c_str(), &st), 0);
}

TEST_F(LifeTest, AStaleSocketFileIsReplacedAndALiveOneIsNot) {
  const auto path = ::testing::TempDir() + "granary_stale_test.sock";
  ::unlink(path.c_str());
  start({listener("unix:" + path)});
  Metrics other_metrics;
  auto second = Server::start(options, {listener("unix:" + path)}, Logger(), other_metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::conflict);
  server->drain(1s);
  {
    const UniqueFd stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(stale.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  auto third = Server::start(options, {listener("unix:" + path)}, Logger(), other_metrics);
  EXPECT_TRUE(third);
}

TEST_F(LifeTest, ATakenPortAndABadAddressAreErrorsWithAHint) {
  start();
  Metrics other_metrics;
  for (const auto& address :
       {"127.0.0.1:" + std::to_string(port), std::string("nonsense"), std::string("1.2.3:4"),
        std::string(":99999"), std::string("unix:"), std::string("[zz]:1")}) {
    auto second = Server::start(options, {listener(address)}, Logger(), other_metrics);
    ASSERT_FALSE(second) << address;
    EXPECT_FALSE(second.error().hint().empty()) << address;
  }
}

TEST_F(LifeTest, AnyAddressTakesBothFamilies) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start({listener(":0")});
  EXPECT_EQ(RawClient(port).get("/a").status, 200);
}

TEST_F(LifeTest, RequestsAreCounted) {
  serve("/a", bytes_response(200, "text/plain", "four"));
  start();
  RawClient client(port);
  client.get("/a");
  client.get("/a");
  client.get("/none");
  server->drain(1s);
  const auto text = metrics.render();
  EXPECT_NE(text.find("ppm_http_requests_total{code=\"200\",method=\"GET\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("ppm_http_requests_total{code=\"404\",method=\"GET\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("ppm_http_response_size_bytes_total{code=\"200\",method=\"GET\"} 8"), std::string::npos)
      << text;
  EXPECT_NE(text.find("ppm_http_requests_inflight 0"), std::string::npos) << text;
}

TEST_F(LifeTest, TheAccessLogHasALineForEachRequest) {
  options.access_log = ServerOptions::AccessLog::combined;
  options.access_log_path = ::testing::TempDir() + "granary_access_test.log";
  ::unlink(options.access_log_path.c_str());
  serve("/a", bytes_response(200, "text/plain", "four"));
  start();
  RawClient(port).get("/a?q=\"x\"", "User-Agent: te\"st\r\nReferer: r\r\n");
  ::rename(options.access_log_path.c_str(), (options.access_log_path + ".1").c_str());
  ASSERT_TRUE(server->reload());
  RawClient(port).get("/none");
  server->drain(1s);
  const auto text = slurp(options.access_log_path + ".1") + slurp(options.access_log_path);
  EXPECT_NE(text.find("127.0.0.1 - - ["), std::string::npos) << text;
  EXPECT_NE(text.find("\"GET /a?q=\\x22x\\x22 HTTP/1.1\" 200 4 \"r\" \"te\\x22st\"\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\"GET /none HTTP/1.1\" 404 "), std::string::npos) << text;
}

TEST_F(LifeTest, ARequestIdIsTakenWhenItIsSane) {
  route(Method::get, "/id", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", request.id);
  });
  start();
  RawClient client(port);
  const auto sane = client.get("/id", "X-Request-Id: abc-1.2_3\r\n");
  EXPECT_EQ(sane.body, "abc-1.2_3");
  EXPECT_EQ(sane.header("x-request-id"), "abc-1.2_3");
  EXPECT_NE(client.get("/id", "X-Request-Id: a b\"c\r\n").body, "a b\"c");
}

TEST_F(LifeTest, AHandlersHeaderCannotBreakOutOfItsLine) {
  auto response = redirect(302, "/x\r\nSet-Cookie: evil=1");
  response.with("Content-Length", "999").with("Bad Name", "x");
  serve("/r", response);
  start();
  const auto answer = RawClient(port).get("/r");
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.header("set-cookie"), "");
  EXPECT_EQ(answer.header("content-length"), "0");
}

/// A certificate of its own for localhost.
TlsOptions make_certificate() {
  const auto base = ::testing::TempDir() + "granary_tls_test";
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=localhost -keyout " +
      base + ".key -out " + base + ".crt 2>/dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0) << "openssl is needed to make a certificate";
  TlsOptions out;
  out.certificate_path = base + ".crt";
  out.key_path = base + ".key";
  return out;
}

class TlsTest : public ServerTest {
 protected:
  TlsTest() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {}
  void start_tls(std::string minimum = "1.2") {
    auto on_tls = listener("127.0.0.1:0");
    on_tls.tls = make_certificate();
    on_tls.tls->minimum_version = std::move(minimum);
    start({on_tls});
  }
  /// The bytes of an answer, or nothing when the handshake failed.
  std::string ask(std::string_view request, int highest = 0) {
    RawClient client(port);
    std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
    if (highest != 0) SSL_set_max_proto_version(ssl.get(), highest);
    const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl.get(), protocols, sizeof protocols - 1);
    SSL_set_fd(ssl.get(), client.fd());
    if (SSL_connect(ssl.get()) != 1) return "";
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &size);
    protocol = std::string(reinterpret_cast<const char*>(chosen), size);
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    std::string out;
    char chunk[16384];
    for (int n = 0; (n = SSL_read(ssl.get(), chunk, sizeof chunk)) > 0;)
      out.append(chunk, static_cast<std::size_t>(n));
    return out;
  }
  std::string protocol;

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
};

constexpr std::string_view kAskAndClose = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST_F(TlsTest, ARequestIsServedOverHttpOneDotOne) {
  route(Method::get, "/a", [](const Context&, const Request& request) -> Result<Response> {
    return bytes_response(200, "text/plain", request.tls ? "secret" : "plain");
  });
  start_tls();
  const auto answer = ask(kAskAndClose);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nsecret"));
  EXPECT_EQ(protocol, "http/1.1");
}

TEST_F(TlsTest, LargeBodiesOfEachKindArriveWhole) {
  const std::string big(5'000'000, 'q');
  const auto path = ::testing::TempDir() + "granary_tls_file";
  std::ofstream(path) << big;
  serve("/a", bytes_response(200, "text/plain", big));
  Response from_file;
  from_file.body = FileBody{*open_file(path)};
  serve("/f", from_file);
  start_tls();
  EXPECT_TRUE(ask(kAskAndClose).ends_with("\r\n\r\n" + big));
  EXPECT_TRUE(ask("GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n" + big));
}

TEST_F(TlsTest, OlderVersionsThanTheMinimumAreRefused) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start_tls("1.3");
  EXPECT_EQ(ask(kAskAndClose, TLS1_2_VERSION), "");
  EXPECT_NE(ask(kAskAndClose), "");
}

TEST_F(TlsTest, ANewCertificateIsUsedAfterReload) {
  serve("/a", bytes_response(200, "text/plain", "a"));
  start_tls();
  const auto tls = make_certificate();
  EXPECT_TRUE(server->reload());
  EXPECT_NE(ask(kAskAndClose), "");
  std::ofstream(tls.certificate_path) << "not a certificate";
  EXPECT_FALSE(server->reload());
  EXPECT_NE(ask(kAskAndClose), "");
}

TEST_F(TlsTest, PlainTextToATlsPortDoesNoHarm) {
  start_tls();
  RawClient client(port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(client.closed());
}

TEST_F(TlsTest, AHandshakeThatNeverComesIsDropped) {
  options.limits.header_timeout = 100ms;
  start_tls();
  RawClient client(port);
  EXPECT_TRUE(client.closed(5s));
}

}  // namespace
}  // namespace granary::http
