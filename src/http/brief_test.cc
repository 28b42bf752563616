/// Requests that wait, without a worker, for what is away for a moment.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "base/testing/eventually.h"
#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

using namespace std::chrono_literals;

/// A handler that finds its database away until the test says otherwise.
class BriefTest : public ServerTest {
 protected:
  BriefTest() {
    options.brief_patience = 20s;
    options.limits.header_timeout = 40ms;  // a loop looks at its clock four times as often
    const Handler handler = [this](const Context&, const Request&) -> Result<Response> {
      ++asked;
      if (!away) return bytes_response(200, "text/plain", "page");
      Error why(Errc::unavailable, "it is away", "retry later", __FILE__, __LINE__);
      return tl::unexpected(brief ? std::move(why).as_brief() : std::move(why));
    };
    route(Method::get, "/page", handler, Access::read);
    route(Method::post, "/page", handler, Access::read);
    route(Method::get, "/admin", handler, Access::admin);
    route(Method::get, "/slow", [this](const Context&, const Request&) -> Result<Response> {
      EXPECT_TRUE(eventually([this] { return !slow; }));
      return bytes_response(200, "text/plain", "late");
    });
    route(Method::get, "/__api__/page", handler, Access::read);
    serve("/a", bytes_response(200, "text/plain", "a"));
  }
  void ask(RawClient& client) {
    const int before = asked;
    client.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return asked > before; }));
  }
  std::string waiting() {
    const auto text = metrics.render();
    const auto at = text.find("\ngranary_http_requests_waiting ");
    return text.substr(at + 31, text.find('\n', at + 1) - at - 31);
  }

  std::atomic<int> asked{0};
  std::atomic<bool> away{true}, brief{true}, slow{false};
};

TEST_F(BriefTest, WhoAsksOnceIsAnsweredWhenItIsBack) {
  start();
  RawClient client(port);
  ask(client);
  ASSERT_TRUE(eventually([&] { return asked >= 3; }));
  EXPECT_EQ(waiting(), "1");
  away = false;
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "page");
  EXPECT_EQ(waiting(), "0");
  EXPECT_EQ(client.get("/a").body, "a");
}

TEST_F(BriefTest, NoWorkerIsHeldMeanwhile) {
  options.workers = 1;
  start();
  RawClient one(port), two(port), three(port);
  ask(one);
  ask(two);
  EXPECT_EQ(three.get("/a").body, "a");
  away = false;
  EXPECT_EQ(one.read().status, 200);
  EXPECT_EQ(two.read().status, 200);
}

TEST_F(BriefTest, PatienceEnds) {
  options.brief_patience = 100ms;
  start();
  RawClient client(port);
  const auto answer = client.get("/page");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "2");
  EXPECT_GT(asked, 1);
}

TEST_F(BriefTest, PatienceEndsWithTheTimeOfTheRequest) {
  options.brief_patience = 1h;
  options.limits.request_timeout = 300ms;
  start();
  RawClient client(port);
  EXPECT_TRUE(eventually([&] {  // in this time, unless the machine was busy with something else
    asked = 0;
    EXPECT_EQ(client.get("/page").status, 503);
    return asked > 1;
  }));
}

TEST_F(BriefTest, WhatWillTakeLongerIsSaidAtOnce) {
  start();
  RawClient client(port);
  ask(client);
  brief = false;
  EXPECT_EQ(client.read().status, 503);
  const int before = asked;
  EXPECT_EQ(client.get("/page").status, 503);
  EXPECT_EQ(asked, before + 1);
}

TEST_F(BriefTest, WritersAdministratorsAndBodiesAreToldAtOnce) {
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/admin").status, 503);
  EXPECT_EQ(client.get("/__api__/page").status, 503);
  EXPECT_EQ(client.ask("POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").status, 503);
  EXPECT_EQ(client.ask("GET /page HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n.").status, 503);
  EXPECT_EQ(asked, 4);
}

TEST_F(BriefTest, OnlySoManyWait) {
  options.queue = 2;
  start();
  RawClient one(port), two(port);
  ask(one);
  ASSERT_TRUE(eventually([&] { return waiting() == "1"; }));
  EXPECT_EQ(two.get("/page").status, 503);
  away = false;
  EXPECT_EQ(one.read().status, 200);
}

TEST_F(BriefTest, AServerThatDrainsWaitsForNothing) {
  start();
  RawClient client(port);
  ask(client);
  std::thread draining([&] { server->drain(15s); });
  EXPECT_EQ(client.read().status, 503);
  draining.join();
}

TEST_F(BriefTest, AClientThatGoesIsForgotten) {
  start();
  {
    RawClient client(port);
    ask(client);
    ASSERT_TRUE(eventually([&] { return waiting() == "1"; }));
  }
  EXPECT_TRUE(eventually([&] { return waiting() == "0"; }));
  EXPECT_LT(asked, 10);
}

TEST_F(BriefTest, WorkersThatAreBusyWhenItIsBackAreAskedTheNextTime) {
  options.workers = 1;
  options.queue = 2;
  start();
  RawClient client(port);
  ask(client);
  std::array<RawClient, 8> others{RawClient(port), RawClient(port), RawClient(port), RawClient(port),
                                  RawClient(port), RawClient(port), RawClient(port), RawClient(port)};
  slow = true;
  for (auto& other : others) other.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(100ms);  // some of its attempts find no worker
  away = false;
  slow = false;
  EXPECT_EQ(client.read().status, 200);
}

}  // namespace
}  // namespace granary::http
