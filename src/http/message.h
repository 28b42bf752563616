#pragma once
/// A request as a handler sees it, and what a handler may answer. No Asio, no epoll, no sockets here.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/generation.h"
#include "base/growing_file.h"

namespace granary::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view name_of(Method method) noexcept;

struct Header {
  std::string name;
  std::string value;
};

/// Complete when a handler sees it: the engine has received the body (small ones in memory, large ones in an
/// unlinked file), so that a slow client never holds a worker.
struct Request {
  Method method = Method::get;
  std::string target;      // as sent: path, then '?' and query
  std::size_t prefix = 0;  // bytes of target before the path that routes know; set by the router
  std::vector<Header> headers;
  std::unique_ptr<ByteSource> body;  // null when there is none
  std::string peer;      // who asks: "192.0.2.1", "unix"; behind trusted proxies whoever they ask for
  bool proxied = false;  // its headers about where it came from are believed: a trusted proxy sent it
  bool local = false;    // over the unix socket: its file permission has admitted the caller
  bool tls = false;
  std::string id;                                                    // for logs, echoed as X-Request-Id
  std::vector<std::pair<std::string_view, std::string>> parameters;  // set by the router, percent-decoded

  std::string_view path() const noexcept;                         // raw, after the prefix, up to '?'
  std::string_view query() const noexcept;                        // raw, after '?'
  std::string_view header(std::string_view name) const noexcept;  // the first; empty when absent
  std::string_view parameter(std::string_view name) const noexcept;
  std::optional<std::string> query_value(std::string_view name) const;
};

struct NoBody {};
struct BytesBody {
  std::shared_ptr<const std::string> bytes;
};
struct FileBody {  // the whole file; the engine cuts ranges out
  std::shared_ptr<const OpenFile> file;
};
struct GrowingBody {  // sent as it grows, to any number of clients
  std::shared_ptr<GrowingFile> file;
};
struct UnsentBody {  // to HEAD alone: so much would GET give. With any other method the connection is closed.
  std::uint64_t size = 0;
};
using Body = std::variant<NoBody, BytesBody, FileBody, GrowingBody, UnsentBody>;

/// What a handler answers. The engine adds Date, Content-Length or chunking, Connection, Accept-Ranges; turns
/// a 200 with an ETag into 304, 206 or 416 as the request's conditions ask (RFC 9110 13, 14), and cuts the
/// body for HEAD.
struct Response {
  int status = 200;
  std::string reason;  // one line that clients show to people (twine, pip); empty: the standard phrase
  std::vector<Header> headers;
  Body body;
  std::string etag;  // strong, with quotes; empty: none
  std::optional<std::chrono::sys_seconds> last_modified;
  bool ranges = false;  // offer ranges (files yes, indexes no)

  /// Set: the event loops may answer the same request from memory, without asking a worker, while `fresh`
  /// holds. The same request means: method (HEAD counts as GET), target, Accept, Accept-Encoding, and, unless
  /// `for_everyone`, Authorization too.
  struct Hot {
    Freshness fresh;
    bool for_everyone = false;
  };
  std::optional<Hot> hot;

  /// Of a 503: likely to be over within seconds. The engine asks the handler again, for as long as
  /// ServerOptions::brief_patience, before it sends this.
  bool brief = false;
  /// With `brief`: too many wait for other services; the engine asks again for as long as the request has.
  bool crowded = false;

  Response& with(std::string name, std::string value) {
    headers.push_back({std::move(name), std::move(value)});
    return *this;
  }
};

Response bytes_response(int status, std::string content_type, std::string bytes);
Response redirect(int status, std::string location);

}  // namespace granary::http
