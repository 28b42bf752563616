#include "clients.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace load {

Clients::Clients(std::vector<sockaddr_in> servers, std::size_t connections, Results& results)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), results_(&results) {
  for (std::size_t i = 0; i < connections; ++i) {
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->server = servers[i % servers.size()];
    idle_.push_back(connections_.back().get());
  }
}

void Clients::begin(const Install& install, Clock::time_point intended) {
  auto& c = *idle_.back();
  idle_.pop_back();
  c.busy = true;
  c.install = install;
  c.step = 0;
  c.began_install = c.intended = intended;
  send(c);
}

bool Clients::open(Connection& c) {
  c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&c.server), sizeof c.server) != 0 &&
      errno != EINPROGRESS) {
    ::close(c.fd);
    c.fd = -1;
    return false;
  }
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = &c}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  c.reused = false;
  return true;
}

void Clients::close(Connection& c) {
  if (c.fd >= 0) ::close(c.fd);
  c.fd = -1;
}

/// Begins the request of the current step.
void Clients::send(Connection& c) {
  if (c.fd < 0 && !open(c)) return done(c, "not connected");
  c.answer.reset();
  c.sent = 0;
  receive(c);
}

/// Sends and reads as much as goes, until the connection would block.
void Clients::receive(Connection& c) {
  const auto bytes = request(c).bytes;
  while (c.sent < bytes.size()) {
    const auto n = ::send(c.fd, bytes.data() + c.sent, bytes.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN && c.sent == 0 && !c.reused) return;  // still connecting
    if (n < 0) break;                                                  // the read finds out why
    c.sent += static_cast<std::size_t>(n);
  }
  switch (c.answer.receive(c.fd)) {
    case Answer::State::incomplete:
      return;
    case Answer::State::whole:
      return done(c, nullptr);
    case Answer::State::broken:
      break;
  }
  const bool stale = c.reused && !c.answer.begun();
  close(c);
  if (stale) {  // closed while it was idle: every client sends it again
    ++results_->resent;
    return send(c);
  }
  done(c, "broke off");
}

/// The current request is over: on to the next one.
void Clients::done(Connection& c, const char* trouble) {
  const auto now = Clock::now();
  const auto& asked = request(c);
  const int status = c.answer.status();
  const bool right = !trouble && (status == asked.statuses[0] || status == asked.statuses[1]) &&
                     (status != 200 || asked.size < 0 || asked.size == c.answer.size());
  const auto took = (now - c.intended).count();
  if (right) {
    results_->kinds[static_cast<std::size_t>(asked.kind)].add(took);
    results_->all.add(took);
    results_->bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(0, c.answer.size()));
  } else {
    ++results_->failed;
    ++results_->failures[std::string(kKinds[static_cast<std::size_t>(asked.kind)]) + " " +
                         (trouble ? trouble : std::to_string(status))];
  }
  if (trouble || c.answer.closes()) {
    close(c);
  } else {
    c.reused = true;
  }
  if (++c.step < c.install.count) {
    c.intended = now;
    return send(c);
  }
  results_->installs.add((now - c.began_install).count());
  c.busy = false;
  idle_.push_back(&c);
}

void Clients::turn(Clock::time_point until) {
  std::array<epoll_event, 256> events;
  const auto left = std::max(Clock::duration(0), until - Clock::now());
  const timespec patience{std::chrono::duration_cast<std::chrono::seconds>(left).count(),
                          (left % std::chrono::seconds(1)).count()};
  const int n = ::epoll_pwait2(epoll_, events.data(), events.size(), &patience, nullptr);
  for (int i = 0; i < n; ++i) {
    auto& c = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (c.fd < 0) continue;
    if (c.busy) {
      receive(c);
    } else if ((events[static_cast<std::size_t>(i)].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
      close(c);
    }
  }
}

void Clients::expire(Clock::duration patience) {
  const auto now = Clock::now();
  for (auto& c : connections_) {
    if (c->busy && now - c->intended > patience) done(*c, "no answer");
  }
}

}  // namespace load
