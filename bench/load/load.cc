// load PLAN SERVERS CONNECTIONS SEED installs N
// load PLAN SERVERS CONNECTIONS SEED rate R SECONDS
//
// The load of clients that install packages. "installs": N installs as fast as the servers answer. "rate": R
// installs begin each second, evenly, whether earlier ones are done or not, and latencies count from when a
// request should have begun: a server that stops is charged for all who would have waited (no coordinated
// omission). SERVERS is ADDRESS:PORT[,ADDRESS:PORT...]. Prints one line of JSON.
#include <arpa/inet.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "clients.h"

namespace {

using load::Clients;
using load::Clock;
using load::Histogram;
using load::Plan;
using load::Results;

constexpr auto kPatience = std::chrono::seconds(30);

std::vector<sockaddr_in> servers_of(std::string text) {
  std::vector<sockaddr_in> servers;
  for (char* at = std::strtok(text.data(), ","); at; at = std::strtok(nullptr, ",")) {
    char* colon = std::strchr(at, ':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (colon) *colon = '\0';
    if (!colon || ::inet_pton(AF_INET, at, &address.sin_addr) != 1) return {};
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(colon + 1)));
    servers.push_back(address);
  }
  return servers;
}

/// Lets the clients work until nobody is busy, or until `enough`.
template <class Next>
void drive(Clients& clients, Next next) {
  auto checked = Clock::now();
  for (bool more = true; more || clients.busy() > 0;) {
    auto wake = Clock::now() + std::chrono::seconds(1);
    while (more && clients.any_idle()) {
      const auto at = next(more);
      if (!more) break;
      if (at > Clock::now()) {
        wake = std::min(wake, at);
        break;
      }
    }
    clients.turn(wake);
    if (const auto now = Clock::now(); now - checked > std::chrono::seconds(1)) {
      checked = now;
      clients.expire(kPatience);
    }
  }
}

void as_fast_as_possible(Clients& clients, Plan& plan, std::uint64_t installs) {
  std::uint64_t begun = 0;
  drive(clients, [&](bool& more) {
    more = begun < installs;
    const auto now = Clock::now();
    if (more) clients.begin(plan.next(), now);
    begun += more ? 1 : 0;
    return now;
  });
}

void at_rate(Clients& clients, Plan& plan, double rate, double seconds) {
  const auto start = Clock::now();
  const auto installs = static_cast<std::uint64_t>(rate * seconds);
  std::uint64_t begun = 0;
  drive(clients, [&](bool& more) {
    more = begun < installs;
    const auto intended =
        start + std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(begun) * 1e9 / rate));
    if (!more || intended > Clock::now()) return intended;
    clients.begin(plan.next(), intended);
    ++begun;
    return intended;
  });
}

std::string described(const Histogram& h) {
  char text[200];
  std::snprintf(text, sizeof text,
                R"({"count": %llu, "p50_ms": %.3f, "p99_ms": %.3f, "p999_ms": %.3f, "max_ms": %.3f})",
                static_cast<unsigned long long>(h.count()), h.quantile_ms(0.5), h.quantile_ms(0.99),
                h.quantile_ms(0.999), h.max_ms());
  return text;
}

void print(const Results& results, double seconds) {
  std::string kinds, failures;
  for (std::size_t i = 0; i < load::kKinds.size(); ++i)
    kinds += (i ? ", \"" : "\"") + std::string(load::kKinds[i]) + "\": " + described(results.kinds[i]);
  for (const auto& [what, count] : results.failures)
    failures += (failures.empty() ? "\"" : ", \"") + what + "\": " + std::to_string(count);
  std::printf(
      "{\"seconds\": %.3f, \"failed\": %llu, \"resent\": %llu, \"bytes\": %llu, \"all\": %s, \"installs\": "
      "%s, "
      "\"kinds\": {%s}, \"failures\": {%s}}\n",
      seconds, static_cast<unsigned long long>(results.failed),
      static_cast<unsigned long long>(results.resent), static_cast<unsigned long long>(results.bytes),
      described(results.all).c_str(), described(results.installs).c_str(), kinds.c_str(), failures.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bool fast = argc == 7 && std::strcmp(argv[5], "installs") == 0;
  if (!fast && (argc != 8 || std::strcmp(argv[5], "rate") != 0)) {
    std::fprintf(stderr, "load PLAN SERVERS CONNECTIONS SEED (installs N | rate R SECONDS)\n");
    return 2;
  }
  const auto servers = servers_of(argv[2]);
  if (servers.empty()) {
    std::fprintf(stderr, "load: servers are written ADDRESS:PORT,ADDRESS:PORT\n");
    return 2;
  }
  Plan plan(argv[1], std::strtoull(argv[4], nullptr, 10));
  const auto results = std::make_unique<Results>();
  Clients clients(servers, std::strtoull(argv[3], nullptr, 10), *results);
  const auto start = Clock::now();
  if (fast)
    as_fast_as_possible(clients, plan, std::strtoull(argv[6], nullptr, 10));
  else
    at_rate(clients, plan, std::atof(argv[6]), std::atof(argv[7]));
  print(*results, std::chrono::duration<double>(Clock::now() - start).count());
}
