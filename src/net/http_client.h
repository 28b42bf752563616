#pragma once
/// A blocking HTTP/1.1 client: for S3, for the command line (unix socket or TCP), for upstreams.
/// The only component that names libcurl is net/. The process must ignore SIGPIPE when it speaks TLS.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"

namespace granary::net {

struct Header {
  std::string name, value;
};

struct Response {
  int status = 0;
  std::vector<Header> headers;  // in order, as sent
  std::string body;             // what no sink took

  /// The first of that name, case ignored; empty when absent.
  std::string_view header(std::string_view name) const noexcept;
  bool ok() const noexcept { return status >= 200 && status < 300; }
};

struct Request {
  std::string method = "GET";
  std::string url;  // absolute; with a unix socket the host is only a name: http://localhost/...
  std::vector<Header> headers{};
  const ByteSource* body = nullptr;  // must outlive the call; read again when a stale connection is replaced

  /// Called once, before any byte of the body, with status and headers. An error ends the request.
  std::function<Result<>(const Response&)> on_head{};
  /// Takes the body of a 2xx answer; the body of any other answer is in Response::body. An error ends the
  /// request.
  std::function<Result<>(ByteSpan)> sink{};
  /// Bytes of the body that were sent so far, for progress bars.
  std::function<void(std::uint64_t)> on_sent{};
  /// Without a sink: a longer 2xx body is Errc::too_large. Bodies of errors are cut at this length.
  std::uint64_t body_limit = 16 << 20;
  /// Offers gzip; sink and body get what was packed. Content-Length is then that of the packed form.
  bool unpack = false;
};

struct ClientOptions {
  std::string unix_socket{};       // path: every request goes there
  bool skip_verification = false;  // of the server's certificate
  std::string ca_file{};           // PEM; empty: the system's
  /// http://[user:password@]host:port, for every request, loopback too; empty: the environment's.
  std::string proxy{};
  bool use_proxy = true;  // of the environment, when `proxy` is empty
  std::string user_agent = "granary";
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds idle_timeout{60};  // no byte moves in either direction for so long; 0: wait for ever
  /// Bytes per second: a transfer that is slower for all of idle_timeout counts as one where nothing moves.
  long lowest_speed = 1;
  std::size_t idle_connections = 32;  // kept for reuse
};

/// Safe for concurrent use: each call takes a connection out of the pool. Redirects are answers, not
/// followed. Without ClientOptions::proxy, proxies come from the usual environment variables (http_proxy,
/// https_proxy, no_proxy), never for loopback.
class HttpClient {
 public:
  explicit HttpClient(ClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Any status is success. Failures: unavailable (refused, unknown host, idle too long, cut off; the hint
  /// names the address), deadline_exceeded and cancelled (of the context), invalid_argument (URL), too_large,
  /// or what a callback returned.
  Result<Response> request(const Context& ctx, const Request& request);

 private:
  struct Connection;
  class Pool;
  ClientOptions options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace granary::net
