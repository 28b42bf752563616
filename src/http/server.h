#pragma once
/// The engine: listeners, one event loop per core, a bounded pool of workers. See
/// docs/adr/0004-http-engine.md.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/networks.h"
#include "http/route.h"

namespace granary::http {

struct TlsOptions {
  std::string certificate_path, key_path;  // PEM; the certificate file holds the chain
  std::string minimum_version = "1.2";     // 1.0 to 1.3
};

struct Listener {
  std::string address;             // ":4242", "127.0.0.1:0", "[::1]:80", "unix:/run/granary/granary.sock"
  const Router* router = nullptr;  // outlives the server
  std::optional<TlsOptions> tls;
  unsigned unix_mode = 0660;    // permission of the socket file: the right to administer
  std::vector<Header> headers;  // on every answer of this listener
  /// Each connection begins with a header of the PROXY protocol, version 1 or 2, of a trusted proxy; one that
  /// does not is closed. See engine/proxy_protocol.h.
  bool proxy_protocol = false;
};

struct Limits {
  std::size_t header_bytes = 32 * 1024;
  std::uint64_t body_bytes = 16ULL << 30;
  std::size_t body_in_memory = 256 * 1024;  // more goes to an unlinked file in spool_directory
  std::chrono::milliseconds header_timeout{
      10'000};                                     // from the first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{75'000};  // keep-alive
  std::chrono::milliseconds body_timeout{30'000};  // between two reads of a body, or two writes of an answer
  std::chrono::milliseconds request_timeout{
      300'000};  // from the whole request to its answer; a handler's deadline
  std::size_t connections = 20'000;
};

struct ServerOptions {
  unsigned loops = 0;  // 0: one per core
  // 0: 4 per core, at least 64: most of them wait for a disk, which makes the writes of many durable at once.
  unsigned workers = 0;
  // Three quarters of those that read may wait for other services: see RemoteWaits.
  std::size_t queue = 1024;  // requests waiting for a worker; one more gets 503 with Retry-After
  /// How long a request waits, without a worker, for what is away for a moment: see Response::brief. Half as
  /// many requests wait as may wait for a worker: when it is over they all come at once.
  std::chrono::milliseconds brief_patience{0};
  std::size_t hot_bytes = 64 << 20;  // bound on each loop's cache of answers
  std::string spool_directory = "/tmp";
  Limits limits;
  enum class AccessLog : std::uint8_t { off, common, combined } access_log = AccessLog::off;
  std::string access_log_path;  // empty: stdout
  Networks trusted_proxies;     // whose headers about clients are believed; empty: everybody's
};

/// Answers from start() until drain() has returned.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const ServerOptions&, std::vector<Listener>, Logger, Metrics&);
  virtual ~Server() = default;
  /// The ports that were bound, in the order of the listeners (0 for unix sockets).
  virtual std::vector<std::uint16_t> ports() const = 0;
  /// Reads certificates again and reopens the access log.
  virtual Result<> reload() = 0;
  /// Stops accepting, finishes every request that has begun, closes idle connections, then returns; cuts what
  /// is left after `patience`. Answers during it carry Connection: close.
  virtual void drain(std::chrono::milliseconds patience) = 0;
};

}  // namespace granary::http
