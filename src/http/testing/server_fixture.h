#pragma once
/// A server on a port of the kernel's choice, with handlers that a test gives.

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "base/metrics.h"
#include "http/server.h"
#include "http/testing/raw_client.h"

namespace granary::http {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options.loops = 1;
    options.workers = 4;
    options.spool_directory = ::testing::TempDir();
  }

  void route(Method method, std::string_view pattern, Handler handler, Access access = Access::anonymous) {
    names_.push_back(std::string(name_of(method)) + " " + std::string(pattern));
    specs_.push_back({names_.back(), method, pattern, access, ""});
    router.bind(specs_.back(), std::move(handler));
  }
  /// A route that answers the same bytes always.
  void serve(std::string_view pattern, Response response) {
    route(Method::get, pattern,
          [response](const Context&, const Request&) -> Result<Response> { return response; });
  }
  Listener listener(std::string address) {
    Listener out;
    out.address = std::move(address);
    out.router = &router;
    return out;
  }
  void start(std::vector<Listener> listeners = {}) {
    if (listeners.empty()) listeners.push_back(listener("127.0.0.1:0"));
    auto started = Server::start(options, std::move(listeners), Logger(), metrics);
    ASSERT_TRUE(started) << started.error().message();
    server = std::move(*started);
    port = server->ports().at(0);
  }

  ServerOptions options;
  Router router;
  Metrics metrics;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

 private:
  std::deque<std::string> names_;
  std::deque<RouteSpec> specs_;
};

}  // namespace granary::http
