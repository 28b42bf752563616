/// The engine alone, with answers of fixed bytes, for engine_bench.py.
///   engine_bench ADDRESS FOLDER LOOPS
/// Serves page.html, index.rds and package.tar.gz of FOLDER, the first two from memory.

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/file.h"
#include "http/server.h"

using namespace granary;

namespace {

constexpr http::RouteSpec kPage{"page", http::Method::get, "/page.html", http::Access::anonymous, ""};
constexpr http::RouteSpec kIndex{"index", http::Method::get, "/index.rds", http::Access::anonymous, ""};
constexpr http::RouteSpec kFile{"file", http::Method::get, "/package.tar.gz", http::Access::anonymous, ""};
constexpr http::RouteSpec kOther{"other", http::Method::get, "/missing/{name*}", http::Access::anonymous, ""};

/// As long as nginx's page for the same.
constexpr std::string_view kMissing =
    "{\"error\":\"the project is not in this repository\","
    "\"hint\":\"check the spelling of its name; names are listed at /simple/; another repository may carry "
    "it\"}\n";
static_assert(kMissing.size() == 153);

http::Response hot(http::Response response, const std::shared_ptr<Generation>& generation, std::string etag) {
  response.etag = std::move(etag);
  response.with("Cache-Control", "max-age=600").with("Vary", "Accept-Encoding");
  response.hot = http::Response::Hot{Freshness::observe(generation), true};
  return response;
}

Result<> serve(const std::string& address, const std::string& folder, unsigned loops) {
  const auto generation = std::make_shared<Generation>();
  const auto page = TRY(read_file(folder + "/page.html"));
  const auto index = TRY(read_file(folder + "/index.rds"));
  const auto file = TRY(open_file(folder + "/package.tar.gz"));
  http::Router router;
  router.bind(kPage, [&](const Context&, const http::Request&) -> Result<http::Response> {
    return hot(http::bytes_response(200, "text/html", page), generation, "\"page\"");
  });
  router.bind(kIndex, [&](const Context&, const http::Request&) -> Result<http::Response> {
    return hot(http::bytes_response(200, "application/octet-stream", index), generation, "\"index\"");
  });
  router.bind(kFile, [&](const Context&, const http::Request&) -> Result<http::Response> {
    http::Response response;
    response.body = http::FileBody{file};
    response.ranges = true;
    return hot(std::move(response.with("Content-Type", "application/gzip")), generation, "\"file\"");
  });
  router.bind(kOther, [&](const Context&, const http::Request&) -> Result<http::Response> {
    return hot(http::bytes_response(404, "application/json", std::string(kMissing)), generation, "");
  });
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Metrics metrics;
  http::ServerOptions options;
  options.loops = loops;
  http::Listener listener;
  listener.address = address;
  listener.router = &router;
  const auto server = TRY(http::Server::start(options, {listener}, Logger(), metrics));
  fmt::print("{}\n", server->ports().at(0));
  std::fflush(stdout);
  int got = 0;
  sigwait(&signals, &got);
  server->drain(std::chrono::seconds(2));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: engine_bench ADDRESS FOLDER LOOPS\n");
    return 2;
  }
  const auto served = serve(argv[1], argv[2], static_cast<unsigned>(std::atoi(argv[3])));
  if (!served) fmt::print(stderr, "engine_bench: {}\n", served.error().message());
  return served ? 0 : 1;
}
