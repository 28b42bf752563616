#pragma once
/// Clients on keep-alive connections: each does one install at a time, request after request.

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "answer.h"
#include "histogram.h"
#include "plan.h"

namespace load {

using Clock = std::chrono::steady_clock;

struct Results {
  std::array<Histogram, kKinds.size()> kinds{};
  Histogram all, installs;
  std::map<std::string, std::uint64_t> failures;  // "file 503": how many
  std::uint64_t failed = 0, resent = 0, bytes = 0;
};

class Clients {
 public:
  /// Connections are spread over the servers.
  Clients(std::vector<sockaddr_in> servers, std::size_t connections, Results& results);

  bool any_idle() const { return !idle_.empty(); }
  std::size_t busy() const { return connections_.size() - idle_.size(); }
  /// By an idle client. `intended`: when it should have begun; latencies count from there.
  void begin(const Install& install, Clock::time_point intended);
  /// Handles what happens until then, or until something happened.
  void turn(Clock::time_point until);
  /// Fails what has had no answer for so long.
  void expire(Clock::duration patience);

 private:
  struct Connection {
    int fd = -1;
    sockaddr_in server{};
    Install install;
    std::size_t step = 0, sent = 0;
    bool busy = false;
    bool reused = false;  // has had an answer: the server may close it at any time
    Clock::time_point intended, began_install;
    Answer answer;
  };

  const Request& request(const Connection& c) const { return *c.install.steps[c.step]; }
  bool open(Connection& c);
  void close(Connection& c);
  void send(Connection& c);
  void receive(Connection& c);
  void done(Connection& c, const char* trouble);

  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  Results* results_;
};

}  // namespace load
