#include "http/server.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "http/engine/listen.h"
#include "http/engine/loop.h"

namespace granary::http {
namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned cores() { return std::max(1U, std::thread::hardware_concurrency()); }

unsigned worker_count(const ServerOptions& options) {
  return options.workers != 0 ? options.workers : std::max(64U, 4 * cores());
}

class EpollServer final : public Server {
 public:
  EpollServer(ServerOptions options, Logger log, Metrics& metrics, std::unique_ptr<AccessLog> access_log)
      : options_(std::move(options)),
        log_(std::move(log)),
        access_log_(std::move(access_log)),
        workers_(worker_count(options_), options_.queue),
        engine_{options_,
                log_,
                metrics,
                workers_,
                *access_log_,
                metrics.histogram(
                    "ppm_http_request_duration_seconds", "Time that workers spent on requests",
                    {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60}),
                std::make_shared<RequestCount>(),
                std::make_shared<RequestCount>(),
                stop_.get_token(),
                RemoteWaits(worker_count(options_) / 4 * 3)} {
    const auto show = [&](const char* name, const char* help, std::shared_ptr<RequestCount> of) {
      metrics.gauge(name, help, {}, [of] { return static_cast<double>(of->count.load()); });
    };
    show("ppm_http_requests_inflight", "Requests begun and not yet answered", engine_.inflight);
    show("granary_http_requests_waiting", "Of those: wait, without a worker, for what is away for a moment",
         engine_.waiting);
  }

  ~EpollServer() override { drain(std::chrono::milliseconds(0)); }

  Result<> open(const std::vector<Listener>& listeners) {
    const unsigned count = options_.loops != 0 ? options_.loops : cores();
    for (unsigned i = 0; i < count; ++i) loops_.push_back(TRY(Loop::create(engine_, i)));
    for (const auto& listener : listeners) TRY(open(listener));
    for (auto& loop : loops_) loop->run_in_thread();
    return {};
  }

  std::vector<std::uint16_t> ports() const override { return ports_; }

  Result<> reload() override {
    auto reopened = access_log_->reopen();
    for (auto& door : doors_) {
      if (door->tls) TRY(door->tls->reload());
    }
    return reopened;
  }

  void drain(std::chrono::milliseconds patience) override {
    if (drained_) return;
    drained_ = true;
    for (auto& loop : loops_) loop->begin_drain();
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto all_finished = [this] {
      return std::all_of(loops_.begin(), loops_.end(), [](const auto& loop) { return loop->finished(); });
    };
    while (!all_finished() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    stop_.request_stop();
    for (auto& loop : loops_) loop->stop();
    workers_.stop();
    for (const auto& [path, inode] : sockets_) {
      struct stat st{};
      if (::lstat(path.c_str(), &st) == 0 && st.st_ino == inode) ::unlink(path.c_str());
    }
  }

 private:
  Result<> open(const Listener& listener) {
    auto door = std::make_unique<Door>();
    door->index = static_cast<std::uint32_t>(doors_.size());
    door->router = listener.router;
    door->proxy_protocol = listener.proxy_protocol;
    for (const auto& [name, value] : listener.headers) {
      GRANARY_ASSERT(is_header_name(name));
      door->always += name + ": " + harmless(value) + "\r\n";
    }
    if (listener.tls) door->tls = TRY(TlsContext::load(*listener.tls));
    const auto address = TRY(parse_address(listener.address));
    door->local = address.kind == Address::Kind::unix_socket;
    auto bound = TRY(bind_address(address, static_cast<unsigned>(loops_.size()), listener.unix_mode));
    if (!bound.path.empty()) {
      struct stat st{};
      if (::lstat(bound.path.c_str(), &st) == 0) sockets_.emplace_back(bound.path, st.st_ino);
    }
    for (std::size_t i = 0; i < bound.sockets.size(); ++i) {
      TRY(loops_[i]->listen(*door, std::move(bound.sockets[i])));
    }
    ports_.push_back(bound.port);
    doors_.push_back(std::move(door));
    return {};
  }

  const ServerOptions options_;
  const Logger log_;
  std::unique_ptr<AccessLog> access_log_;
  std::stop_source stop_;
  Workers workers_;
  Engine engine_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::pair<std::string, ino_t>> sockets_;
  bool drained_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, std::vector<Listener> listeners,
                                              Logger log, Metrics& metrics) {
  raise_descriptor_limit();
  auto access_log = TRY(AccessLog::open(options.access_log, options.access_log_path));
  auto server = std::make_unique<EpollServer>(options, std::move(log), metrics, std::move(access_log));
  TRY(server->open(listeners));
  return server;
}

}  // namespace granary::http
