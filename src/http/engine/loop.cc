#include "http/engine/loop.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/hash.h"
#include "base/time_text.h"
#include "http/engine/connection.h"
#include "http/engine/listen.h"

namespace granary::http {
namespace {

constexpr int kEventsPerTurn = 256;
constexpr int kAcceptsPerTurn = 64;
constexpr Loop::Milliseconds kTick = 100;
constexpr std::size_t kScratch = 64 * 1024;
constexpr std::size_t kAccessBuffer = 64 * 1024;

Loop::Milliseconds steady_now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return static_cast<Loop::Milliseconds>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create(Engine& engine, unsigned number) {
  UniqueFd poll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!poll || !wake) return system_error(errno, "create an event loop");
  std::unique_ptr<Loop> loop(new Loop(engine, number, std::move(poll), std::move(wake)));
  epoll_event event{EPOLLIN | EPOLLET, {&loop->waker_}};
  if (::epoll_ctl(loop->poll_.get(), EPOLL_CTL_ADD, loop->wake_.get(), &event) != 0) {
    return system_error(errno, "create an event loop");
  }
  return loop;
}

Loop::Loop(Engine& engine, unsigned number, UniqueFd poll, UniqueFd wake)
    : engine_(engine),
      number_(number),
      poll_(std::move(poll)),
      wake_(std::move(wake)),
      hot_(engine.options.hot_bytes),
      metrics_(engine.metrics),
      scratch_(kScratch, '\0'),
      id_prefix_(hex(as_bytes(random_bytes(6)))) {
  const auto& limits = engine.options.limits;
  const auto shortest =
      std::min({limits.header_timeout, limits.idle_timeout, limits.body_timeout, limits.request_timeout})
          .count();
  scan_every_ = std::clamp<Milliseconds>(shortest / 4, 10, 1000);
  read_clock();
}

Loop::~Loop() { stop(); }

Result<> Loop::listen(const Door& door, UniqueFd socket) {
  auto gate = std::make_unique<Gate>();
  gate->kind = Pollable::Kind::listener;
  gate->door = &door;
  gate->socket = std::move(socket);
  epoll_event event{EPOLLIN, {static_cast<Pollable*>(gate.get())}};
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, gate->socket.get(), &event) != 0) {
    return system_error(errno, "watch a listening socket");
  }
  gates_.push_back(std::move(gate));
  return {};
}

void Loop::run_in_thread() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), fmt::format("http-loop-{}", number_).c_str());
    sigset_t broken_pipe;  // sendfile() and OpenSSL cannot be told not to raise it
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    run();
  });
}

void Loop::post(std::function<void()> message) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(message));
  }
  if (first) {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }
}

void Loop::begin_drain() {
  post([this] { drain_now(); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::read_clock() {
  now_ = steady_now();
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &t);
  const auto second = static_cast<std::uint64_t>(t.tv_sec);
  if (second == second_) return;
  second_ = second;
  const std::chrono::sys_seconds time{std::chrono::seconds(t.tv_sec)};
  date_ = http_date(time);
  if (logs_access()) access_time_ = access_time(time);
}

std::string Loop::next_request_id() {
  return fmt::format("{}{:02x}{:08x}", id_prefix_, number_ & 0xff, next_id_++);
}

bool Loop::may_complain() noexcept {
  if (complained_ == second_) return false;
  complained_ = second_;
  return true;
}

int Loop::poll_timeout() const {
  if (!yielders_.empty()) return 0;
  const bool dirty = metrics_.dirty() || !access_lines_.empty() ||
                     std::any_of(gates_.begin(), gates_.end(), [](const auto& gate) { return gate->paused; });
  if (connections_.empty() && !dirty) return -1;
  const auto next = dirty ? std::min(next_tick_, next_scan_) : next_scan_;
  return static_cast<int>(std::clamp<Milliseconds>(next - now_ + 1, 1, 1000));
}

void Loop::run() {
  std::array<epoll_event, kEventsPerTurn> events;
  while (!stopping_ && !(draining_ && connections_.empty())) {
    const int count = ::epoll_wait(poll_.get(), events.data(), kEventsPerTurn, poll_timeout());
    read_clock();
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      auto* source = static_cast<Pollable*>(event.data.ptr);
      switch (source->kind) {
        case Pollable::Kind::connection:
          static_cast<Connection*>(source)->on_events(event.events);
          break;
        case Pollable::Kind::listener:
          accept_all(*static_cast<Gate*>(source));
          break;
        case Pollable::Kind::waker: {
          std::uint64_t ignored = 0;
          (void)!::read(wake_.get(), &ignored, sizeof ignored);
          break;
        }
      }
    }
    run_posted();
    run_yielders();
    if (now_ >= next_tick_ || now_ >= next_scan_) tick();
    reap();
  }
  for (auto& connection : connections_) connection->cut();
  yielders_.clear();
  engine_.connections.fetch_sub(connections_.size(), std::memory_order_relaxed);
  connections_.clear();
  gates_.clear();
  next_tick_ = 0;
  tick();
  finished_.store(true, std::memory_order_release);
}

void Loop::accept_all(Gate& gate) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd fd(::accept4(gate.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      engine_.log.error("failed to accept a connection",
                        {{"error", system_error(errno, "accept").value().message()}});
      epoll_event none{0, {static_cast<Pollable*>(&gate)}};  // until the next tick
      ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, gate.socket.get(), &none);
      gate.paused = true;
      return;
    }
    if (engine_.connections.fetch_add(1, std::memory_order_relaxed) >= engine_.options.limits.connections) {
      engine_.connections.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    SslPtr ssl;
    if (gate.door->tls) {
      ssl = gate.door->tls->accept(fd.get());
      if (!ssl) {
        engine_.connections.fetch_sub(1, std::memory_order_relaxed);
        continue;
      }
    }
    const int raw = fd.get();
    auto connection =
        std::make_unique<Connection>(*this, *gate.door, std::move(fd), std::move(ssl), peer_text(peer));
    epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {static_cast<Pollable*>(connection.get())}};
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, raw, &event) != 0) {
      engine_.connections.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    connection->index = connections_.size();
    connections_.push_back(std::move(connection));
    connections_.back()->start();
  }
}

void Loop::run_posted() {
  std::vector<std::function<void()>> messages;
  {
    const std::lock_guard lock(posted_mutex_);
    messages.swap(posted_);
  }
  for (auto& message : messages) message();
}

void Loop::run_yielders() {
  if (yielders_.empty()) return;
  std::vector<Connection*> turn;
  turn.swap(yielders_);
  for (auto* connection : turn) connection->on_turn();
}

void Loop::tick() {
  if (now_ >= next_tick_) {
    next_tick_ = now_ + kTick;
    metrics_.flush();
    if (!access_lines_.empty()) {
      engine_.access_log.write(access_lines_);
      access_lines_.clear();
    }
    for (auto& gate : gates_) {
      if (!gate->paused) continue;
      gate->paused = false;
      epoll_event event{EPOLLIN, {static_cast<Pollable*>(gate.get())}};
      ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, gate->socket.get(), &event);
    }
  }
  if (now_ >= next_scan_) {
    next_scan_ = now_ + scan_every_;
    for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->on_time(now_);
  }
}

void Loop::log_access(const Served& served) {
  append_access_line(access_lines_, engine_.access_log.format(), access_time_, served);
  if (access_lines_.size() >= kAccessBuffer) {
    engine_.access_log.write(access_lines_);
    access_lines_.clear();
  }
}

void Loop::retire(Connection& connection) { retired_.push_back(&connection); }

void Loop::reap() {
  for (auto* connection : retired_) {
    const auto index = connection->index;
    if (index + 1 != connections_.size()) {
      std::swap(connections_[index], connections_.back());
      connections_[index]->index = index;
    }
    connections_.pop_back();
    engine_.connections.fetch_sub(1, std::memory_order_relaxed);
  }
  retired_.clear();
}

void Loop::drain_now() {
  if (draining_) return;
  draining_ = true;
  for (auto& gate : gates_) accept_all(*gate);  // who was let in by the kernel is served
  gates_.clear();
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->on_drain();
}

}  // namespace granary::http
