#pragma once
/// An event loop: one thread, one epoll, its own listening sockets, connections, cache and counters.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "http/engine/access_log.h"
#include "http/engine/hot_cache.h"
#include "http/engine/loop_metrics.h"
#include "http/engine/memory_files.h"
#include "http/engine/tls.h"
#include "http/engine/workers.h"
#include "http/server.h"

namespace granary::http {

class Connection;

/// What epoll's user data points at.
struct Pollable {
  enum class Kind : std::uint8_t { connection, listener, waker } kind;
};

/// A listener as all loops see it.
struct Door {
  std::uint32_t index = 0;
  const Router* router = nullptr;
  bool local = false;
  bool proxy_protocol = false;
  std::unique_ptr<TlsContext> tls;  // null: plain
  std::string always;               // header lines of every answer, each with its CRLF
};

/// What the loops of one server share.
struct Engine {
  const ServerOptions& options;
  const Logger& log;
  Metrics& metrics;
  Workers& workers;
  AccessLog& access_log;
  Histogram& worker_seconds;
  std::shared_ptr<RequestCount> inflight;  // begun and not yet answered
  std::shared_ptr<RequestCount> waiting;   // of those: for what is away for a moment
  std::stop_token stop;                    // asked for when the patience of a drain is over
  RemoteWaits remote_waits;                // of the workers that read
  std::atomic<std::size_t> connections{0};
  MemoryFiles memory_files{};
};

class Loop {
 public:
  using Milliseconds = std::int64_t;  // of the steady clock

  static Result<std::unique_ptr<Loop>> create(Engine& engine, unsigned number);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Before run_in_thread().
  Result<> listen(const Door& door, UniqueFd socket);
  void run_in_thread();

  // From any thread.
  void post(std::function<void()> message);
  void begin_drain();
  /// Whether, after begin_drain(), the last connection has ended and the thread with it.
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  /// Cuts what is left and ends the thread.
  void stop();

  // For connections, on the loop's thread.
  Engine& engine() noexcept { return engine_; }
  HotCache& hot() noexcept { return hot_; }
  LoopMetrics& metrics() noexcept { return metrics_; }
  Milliseconds now() const noexcept { return now_; }
  std::string_view date() const noexcept { return date_; }
  std::uint64_t second() const noexcept { return second_; }
  bool draining() const noexcept { return draining_; }
  std::string& scratch() noexcept { return scratch_; }
  bool logs_access() const noexcept { return engine_.access_log.format() != AccessLog::Format::off; }
  void log_access(const Served& served);
  void retire(Connection& connection);
  void yield(Connection& connection) { yielders_.push_back(&connection); }
  std::string next_request_id();
  /// Once a second: a warning about clients, whom nobody keeps from causing many.
  bool may_complain() noexcept;

 private:
  struct Gate : Pollable {
    const Door* door;
    UniqueFd socket;
    bool paused = false;
  };

  Loop(Engine& engine, unsigned number, UniqueFd poll, UniqueFd wake);
  void run();
  void read_clock();
  void accept_all(Gate& gate);
  void run_posted();
  void run_yielders();
  void tick();
  void reap();
  void drain_now();
  int poll_timeout() const;

  Engine& engine_;
  unsigned number_;
  UniqueFd poll_, wake_;
  Pollable waker_{Pollable::Kind::waker};
  std::vector<std::unique_ptr<Gate>> gates_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> retired_, yielders_;
  HotCache hot_;
  LoopMetrics metrics_;
  std::string scratch_;
  std::string access_lines_, access_time_;
  std::string date_;
  std::uint64_t second_ = 0, complained_ = 0;
  Milliseconds now_ = 0, next_tick_ = 0, next_scan_ = 0, scan_every_ = 1000;
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  std::atomic<bool> finished_{false};

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::thread thread_;
};

}  // namespace granary::http
