#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/text.h"

namespace granary::net {
namespace {

struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// What libcurl's callbacks see of one request. They may not throw into C, hence Guarded.
struct Exchange {
  const Request& request;
  Response response;
  std::uint64_t sent = 0;
  bool head_done = false;
  std::optional<Error> error;  // of a callback: outranks what libcurl says of it

  bool take(Result<> result) {
    if (result) return true;
    if (!error) error = std::move(result).error();
    return false;
  }
  template <class F>
  auto guarded(std::size_t failed, F&& f) -> std::size_t {
    try {
      return f();
    } catch (const std::exception& e) {
      take(fail(Errc::internal, std::string("a callback of a request threw: ") + e.what()));
      return failed;
    }
  }
  Result<> head() {
    if (head_done) return {};
    head_done = true;
    return request.on_head ? request.on_head(response) : Result<>();
  }
  Result<> body(ByteSpan bytes) {
    if (response.ok() && request.sink) return request.sink(bytes);
    const std::uint64_t room =
        request.body_limit - std::min<std::uint64_t>(request.body_limit, response.body.size());
    if (response.ok() && bytes.size() > room)
      return fail(Errc::too_large,
                  "the answer is longer than " + std::to_string(request.body_limit) + " bytes");
    response.body +=
        as_text(bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()))));
    return {};
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(0, [&]() -> std::size_t {
    const std::string_view line = trim({data, count});
    if (line.starts_with("HTTP/")) {  // a new head: that of an interim answer is forgotten
      const auto space = line.find(' ');
      const auto status = space == line.npos ? std::nullopt : parse_unsigned(line.substr(space + 1, 3));
      exchange.response.status = status ? static_cast<int>(*status) : 0;
      exchange.response.headers.clear();
    } else if (line.empty()) {
      if (exchange.response.status >= 200 && !exchange.take(exchange.head())) return 0;
    } else if (const auto colon = line.find(':'); colon != line.npos && !exchange.head_done) {
      exchange.response.headers.push_back(
          {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    }
    return count;
  });
}

std::size_t on_body(char* data, std::size_t, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(
      0, [&]() -> std::size_t { return exchange.take(exchange.body(as_bytes({data, count}))) ? count : 0; });
}

std::size_t on_read(char* out, std::size_t, std::size_t room, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  return exchange.guarded(CURL_READFUNC_ABORT, [&]() -> std::size_t {
    auto n = exchange.request.body->read_at(exchange.sent, {reinterpret_cast<std::byte*>(out), room});
    if (!n) {
      exchange.error = std::move(n).error();
      return CURL_READFUNC_ABORT;
    }
    exchange.sent += *n;
    if (exchange.request.on_sent) exchange.request.on_sent(exchange.sent);
    return *n;
  });
}

int on_seek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  static_cast<Exchange*>(self)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

bool is_loopback(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == url.npos) return false;
  const auto host = url.substr(scheme + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

/// Where a request goes, for error messages: never the query, which may hold a signature.
std::string address_of(const ClientOptions& options, std::string_view url) {
  if (!options.unix_socket.empty()) return options.unix_socket;
  const auto scheme = url.find("://");
  if (scheme == url.npos) return std::string(url.substr(0, url.find_first_of("/?#")));
  return std::string(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

Error error_of(CURLcode code, const char* detail, const std::string& address) {
  const std::string why = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  const auto make = [&](Errc errc, std::string message, std::string hint) {
    return Error(errc, std::move(message), std::move(hint), __FILE__, __LINE__).note(why);
  };
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (address.starts_with("http://") || address.starts_with("https://"))  // of the answer, then
        return make(Errc::unavailable, "the answer of " + address + " is no HTTP",
                    "look at what that server sends");
      [[fallthrough]];
    case CURLE_URL_MALFORMAT:
      return make(Errc::invalid_argument, "not a URL that can be requested: " + address,
                  "give http:// or https://");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return make(Errc::unavailable, "cannot find the host of " + address, "check the name and the DNS");
    case CURLE_COULDNT_CONNECT:
      return make(Errc::unavailable, "cannot connect to " + address,
                  "check that a server is running at " + address + " and may be reached from here");
    case CURLE_OPERATION_TIMEDOUT:
      return make(Errc::unavailable, "no answer from " + address + " in time",
                  "check that the server at " + address + " is well, then try again");
    case CURLE_BAD_CONTENT_ENCODING:
      return make(Errc::corrupt, "the answer of " + address + " is not the gzip that it says it is",
                  "look at what that server sends");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return make(Errc::unavailable, "the certificate of " + address + " is not trusted",
                  "install its authority's certificate, or switch verification off");
    case CURLE_SSL_CONNECT_ERROR:
      return make(Errc::unavailable, "no TLS connection to " + address,
                  "check that the server speaks TLS there");
    default:
      return make(Errc::unavailable, "the connection to " + address + " broke off", "try again");
  }
}

}  // namespace

std::string_view Response::header(std::string_view name) const noexcept {
  for (const auto& header : headers) {
    if (equals_ignore_case(header.name, name)) return header.value;
  }
  return {};
}

/// An easy handle in a multi handle of its own: the multi keeps the TCP connection open between requests, and
/// can be woken by another thread when the context is cancelled.
struct HttpClient::Connection {
  Connection() : multi(curl_multi_init()), easy(curl_easy_init()) { GRANARY_ASSERT(multi && easy); }
  ~Connection() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  CURLcode run(const Context& ctx) {
    curl_multi_add_handle(multi, easy);
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    {
      const std::stop_callback wake(ctx.stop(), [this] { curl_multi_wakeup(multi); });
      while (!ctx.stop().stop_requested()) {
        int running = 0;
        if (curl_multi_perform(multi, &running) != CURLM_OK) break;
        if (running == 0) {
          int left = 0;
          if (const CURLMsg* message = curl_multi_info_read(multi, &left)) result = message->data.result;
          break;
        }
        curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
      }
    }
    curl_multi_remove_handle(multi, easy);
    return result;
  }

  CURLM* multi;
  CURL* easy;
  char detail[CURL_ERROR_SIZE] = {};
};

class HttpClient::Pool {
 public:
  explicit Pool(std::size_t limit) : limit_(limit) {}
  std::unique_ptr<Connection> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return std::make_unique<Connection>();
  }
  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < limit_) idle_.push_back(std::move(connection));
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

HttpClient::HttpClient(ClientOptions options)
    : options_(std::move(options)), pool_(std::make_unique<Pool>(options_.idle_connections)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  GRANARY_ASSERT(initialised == CURLE_OK);
}

HttpClient::~HttpClient() = default;

Result<Response> HttpClient::request(const Context& ctx, const Request& request) {
  TRY(ctx.check());
  auto connection = pool_->take();
  CURL* const easy = connection->easy;
  curl_easy_reset(easy);  // keeps the connection
  connection->detail[0] = '\0';
  Exchange exchange{.request = request, .response = {}, .error = {}};

  const bool sends = request.body || request.method == "PUT" || request.method == "POST";
  HeaderList list;
  for (const auto& header : request.headers) {
    if (header.name.find_first_of("\r\n:") != std::string::npos ||
        header.value.find_first_of("\r\n") != std::string::npos)
      return fail(Errc::invalid_argument, "a header of the request holds a line break");
    // "Name;" is libcurl's form of a header without value.
    const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    list.reset(curl_slist_append(list.release(), line.c_str()));
  }

  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connection->detail);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  if (options_.idle_timeout.count() > 0) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, options_.lowest_speed);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.idle_timeout.count()));
  }
  const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(ctx.remaining());
  if (remaining < std::chrono::hours(24 * 20))
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::max<std::int64_t>(1, remaining.count())));
  if (!options_.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  if (!options_.proxy.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  } else if (!options_.use_proxy || !options_.unix_socket.empty() || is_loopback(request.url)) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  if (request.unpack) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (options_.skip_verification) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());

  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (sends) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                     static_cast<curl_off_t>(request.body ? request.body->size() : 0));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else if (request.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);

  const CURLcode code = connection->run(ctx);
  const std::string detail = connection->detail;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  pool_->give_back(std::move(connection));  // libcurl itself drops a TCP connection that is no longer usable

  if (exchange.error) return tl::unexpected(std::move(*exchange.error));
  if (code == CURLE_OK && exchange.head_done) return std::move(exchange.response);
  TRY(ctx.check());
  const std::string address = address_of(options_, request.url);
  if (code == CURLE_OK)
    return fail(Errc::unavailable, "the answer of " + address + " has no head", "try again");
  return tl::unexpected(error_of(code, detail.c_str(), address));
}

}  // namespace granary::net
