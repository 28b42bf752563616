// uploads HOST PORT CONNECTIONS SECONDS FILE: sends the requests of FILE (each a 4-byte little-endian length
// and that many bytes) over keep-alive connections, each once, until all are sent or the time is over. Prints
// one line of JSON.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  std::string_view request;
  std::size_t sent = 0;
  std::string answer;
  Clock::time_point since;
};

struct Load {
  std::string_view rest;
  sockaddr_in address{};
  int epoll = -1;
  std::map<int, std::uint64_t> statuses;
  std::vector<double> milliseconds;
  std::size_t open = 0;

  bool next(Connection& c) {
    if (rest.size() < 4) return false;
    std::uint32_t length = 0;
    std::memcpy(&length, rest.data(), 4);
    c.request = rest.substr(4, length);
    rest.remove_prefix(4 + length);
    c.sent = 0;
    c.answer.clear();
    c.since = Clock::now();
    return true;
  }

  void connect(Connection& c) {
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{EPOLLIN, {.ptr = &c}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c.fd, &event);
    ++open;
  }

  void close(Connection& c) {
    ::close(c.fd);
    c.fd = -1;
    --open;
  }

  void watch(Connection& c, std::uint32_t events) {
    epoll_event event{events, {.ptr = &c}};
    epoll_ctl(epoll, EPOLL_CTL_MOD, c.fd, &event);
  }

  void send(Connection& c) {
    while (c.sent < c.request.size()) {
      const auto n = ::send(c.fd, c.request.data() + c.sent, c.request.size() - c.sent, MSG_NOSIGNAL);
      if (n < 0) return watch(c, EPOLLIN | EPOLLOUT);
      c.sent += static_cast<std::size_t>(n);
    }
    watch(c, EPOLLIN);
  }

  /// 0: not whole yet; 1: whole; 2: whole, and the server closes.
  static int whole(const std::string& answer, bool ended) {
    const auto head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    std::string lower = answer.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const bool closes = lower.find("connection: close") != std::string::npos || lower.starts_with("http/1.0");
    if (const auto at = lower.find("content-length:"); at != std::string::npos) {
      return answer.size() >= head + 4 + std::strtoull(lower.c_str() + at + 15, nullptr, 10)
                 ? (closes ? 2 : 1)
                 : 0;
    }
    if (lower.find("transfer-encoding: chunked") != std::string::npos) {
      return answer.ends_with("0\r\n\r\n") ? (closes ? 2 : 1) : 0;
    }
    return ended ? 2 : 0;
  }

  void receive(Connection& c) {
    char buffer[16384];
    bool ended = false;
    while (true) {
      const auto n = recv(c.fd, buffer, sizeof buffer, 0);
      if (n > 0) {
        c.answer.append(buffer, static_cast<std::size_t>(n));
        continue;
      }
      ended = n == 0 || errno != EAGAIN;
      break;
    }
    const int state = whole(c.answer, ended);
    if (state == 0 && !ended) return;
    ++statuses[state == 0 ? 0 : std::atoi(c.answer.c_str() + 9)];
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - c.since).count());
    if (state != 1) close(c);
    if (!next(c)) {
      if (c.fd >= 0) close(c);
      return;
    }
    if (c.fd < 0) connect(c);
    send(c);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int file = open(argv[5], O_RDONLY);
  struct stat info{};
  if (file < 0 || fstat(file, &info) != 0) return 2;
  const auto size = static_cast<std::size_t>(info.st_size);
  const auto* data =
      static_cast<const char*>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0));
  Load load;
  load.rest = {data, size};
  load.address.sin_family = AF_INET;
  load.address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  inet_pton(AF_INET, argv[1], &load.address.sin_addr);
  load.epoll = epoll_create1(0);
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[3])));

  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(argv[4])));
  for (auto& c : connections) {
    if (!load.next(c)) break;
    load.connect(c);
    load.send(c);
  }
  epoll_event events[64];
  while (load.open > 0) {
    if (Clock::now() > end) load.rest = {};  // what has been sent is waited for
    const int n = epoll_wait(load.epoll, events, 64, 1000);
    for (int i = 0; i < n; ++i) {
      auto& c = *static_cast<Connection*>(events[i].data.ptr);
      if (events[i].events & EPOLLOUT) load.send(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) load.receive(c);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(load.milliseconds.begin(), load.milliseconds.end());
  const auto quantile = [&](double q) {
    return load.milliseconds.empty() ? 0.0
                                     : load.milliseconds[static_cast<std::size_t>(
                                           q * static_cast<double>(load.milliseconds.size() - 1))];
  };
  std::printf("{\"seconds\": %.4f, \"ok\": %llu, \"failed\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n",
              seconds, static_cast<unsigned long long>(load.statuses[200]),
              static_cast<unsigned long long>(load.milliseconds.size() - load.statuses[200]), quantile(0.5),
              quantile(0.99));
}
