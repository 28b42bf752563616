#pragma once
/// The API of a server, over its unix socket or over the network with a token.

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/context.h"
#include "base/json.h"

namespace granary::net {
class HttpClient;
struct Request;
struct Response;
}  // namespace granary::net

namespace granary::cli {

struct ServerAddress {
  std::string url;     // https://host/path; or unix:/path of a socket; empty: `socket`
  std::string socket;  // path
  std::string token;
  std::string start_with;  // the command that starts the server, for the message that none answers
  bool skip_verification = false;
  bool verbose = false;
};

struct Reply {
  std::string text;
  Json json;
};

/// Answers other than 2xx become errors with the server's words. One thread.
class ServerClient {
 public:
  static Result<std::unique_ptr<ServerClient>> create(ServerAddress, std::ostream& log);
  ~ServerClient();
  /// `path` is below /__api__, encoded; `body` is JSON or empty.
  Result<Reply> call(const Context&, std::string_view method, std::string_view path, const std::string& body);
  Result<Reply> send(const Context&, std::string_view method, std::string_view path, const ByteSource& body,
                     const std::function<void(std::uint64_t)>& on_sent);
  /// The bytes of an answer, as they come.
  Result<> receive(const Context&, std::string_view method, std::string_view path, const std::string& body,
                   const std::function<Result<>(ByteSpan)>& sink);

 private:
  net::Request request_for(std::string_view method, std::string_view path, const ByteSource* body,
                           std::string_view type);
  Result<net::Response> perform(const Context&, const net::Request&);
  ServerClient(ServerAddress address, std::ostream& log);
  Result<Reply> exchange(const Context&, std::string_view method, std::string_view path,
                         const ByteSource* body, std::string_view type,
                         const std::function<void(std::uint64_t)>& on_sent);

  ServerAddress address_;
  std::ostream* log_;
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace granary::cli
