#include "cli/server_client.h"

#include <fmt/format.h>

#include <ostream>

#include "base/text.h"
#include "net/http_client.h"

namespace granary::cli {
namespace {

constexpr std::uint64_t kMaxAnswer = 256ULL << 20;

Errc code_for(int status) noexcept {
  switch (status) {
    case 401:
      return Errc::unauthenticated;
    case 403:
      return Errc::permission_denied;
    case 404:
      return Errc::not_found;
    case 409:
      return Errc::conflict;
    case 413:
      return Errc::too_large;
    case 501:
      return Errc::unsupported;
    case 503:
      return Errc::unavailable;
    case 504:
      return Errc::deadline_exceeded;
    default:
      return status < 500 ? Errc::invalid_argument : Errc::internal;
  }
}

tl::unexpected<Error> refused(const net::Response& response, const ServerAddress& address) {
  const auto json = Json::parse(response.body);
  const auto message = json ? (*json)["error"].string() : std::nullopt;
  auto hint = std::string(json ? (*json)["hint"].string().value_or("") : "");
  if (response.status == 401 && address.token.empty()) hint = "set GRANARY_TOKEN to a token of the server";
  if (message) return fail(code_for(response.status), std::string(*message), hint);
  if (response.status == 404)
    return fail(Errc::not_found, "the server does not know this request (404)",
                "is the address that of a Granary server, with its path, and of this version");
  return fail(code_for(response.status), fmt::format("the server answered {}", response.status), hint);
}

}  // namespace

ServerClient::ServerClient(ServerAddress address, std::ostream& log)
    : address_(std::move(address)), log_(&log) {}
ServerClient::~ServerClient() = default;

Result<std::unique_ptr<ServerClient>> ServerClient::create(ServerAddress address, std::ostream& log) {
  net::ClientOptions options;
  options.user_agent = "granary-cli";
  options.skip_verification = address.skip_verification;
  options.idle_timeout = std::chrono::seconds(0);  // verify and gc are silent for long
  if (address.url.starts_with("unix:")) {
    address.socket = address.url.substr(5);
    address.url.clear();
  }
  while (address.url.ends_with('/')) address.url.pop_back();
  if (address.url.empty()) {
    options.unix_socket = address.socket;
  } else if (!address.url.starts_with("http://") && !address.url.starts_with("https://")) {
    return fail(Errc::invalid_argument, fmt::format("the address '{}' is not a URL", address.url),
                "begin it with https:// or http://");
  }
  if (!address.url.empty() && address.token.empty())
    return fail(Errc::unauthenticated, fmt::format("a token is needed to speak to {}", address.url),
                "set GRANARY_TOKEN to one that 'granary create token' made on the server");
  std::unique_ptr<ServerClient> out(new ServerClient(std::move(address), log));
  out->http_ = std::make_unique<net::HttpClient>(std::move(options));
  return out;
}

Result<Reply> ServerClient::call(const Context& ctx, std::string_view method, std::string_view path,
                                 const std::string& body) {
  const MemorySource source(body);
  return exchange(ctx, method, path, body.empty() ? nullptr : &source, "application/json", {});
}

Result<Reply> ServerClient::send(const Context& ctx, std::string_view method, std::string_view path,
                                 const ByteSource& body, const std::function<void(std::uint64_t)>& on_sent) {
  return exchange(ctx, method, path, &body, "application/octet-stream", on_sent);
}

Result<> ServerClient::receive(const Context& ctx, std::string_view method, std::string_view path,
                               const std::string& body, const std::function<Result<>(ByteSpan)>& sink) {
  const MemorySource source(body);
  auto request = request_for(method, path, body.empty() ? nullptr : &source, "application/json");
  request.sink = sink;
  request.body_limit = kMaxAnswer;  // of refusals
  TRY(perform(ctx, request));
  return {};
}

Result<Reply> ServerClient::exchange(const Context& ctx, std::string_view method, std::string_view path,
                                     const ByteSource* body, std::string_view type,
                                     const std::function<void(std::uint64_t)>& on_sent) {
  auto request = request_for(method, path, body, type);
  request.on_sent = on_sent;
  request.body_limit = kMaxAnswer;
  auto response = TRY(perform(ctx, request));
  Reply reply;
  reply.text = std::move(response.body);
  if (!trim(reply.text).empty()) {
    auto json = Json::parse(reply.text);
    if (!json)
      return fail(Errc::unavailable, "the server's answer is not JSON",
                  "is the address that of a Granary server, with its path");
    reply.json = std::move(*json);
  }
  return reply;
}

net::Request ServerClient::request_for(std::string_view method, std::string_view path, const ByteSource* body,
                                       std::string_view type) {
  net::Request request;
  request.method = method;
  request.url = fmt::format("{}/__api__{}", address_.url.empty() ? "http://localhost" : address_.url, path);
  request.body = body;
  request.headers.push_back({"Accept", "application/json"});
  if (body != nullptr) request.headers.push_back({"Content-Type", std::string(type)});
  if (!address_.token.empty() && !address_.url.empty())
    request.headers.push_back({"Authorization", "Bearer " + address_.token});
  return request;
}

/// An answer of 2xx.
Result<net::Response> ServerClient::perform(const Context& ctx, const net::Request& request) {
  if (address_.verbose) *log_ << fmt::format("{} {}\n", request.method, request.url);
  auto response = http_->request(ctx, request);
  if (!response) {
    if (response.error().code() == Errc::unavailable && address_.url.empty())
      return fail(Errc::unavailable,
                  fmt::format("no server answers on {} ({})", address_.socket, response.error().message()),
                  fmt::format("start it with: {}",
                              address_.start_with.empty() ? "granary serve" : address_.start_with));
    return tl::unexpected(std::move(response).error());
  }
  if (address_.verbose) *log_ << fmt::format("  {} {}\n", response->status, response->header("X-Request-Id"));
  if (!response->ok()) return refused(*response, address_);
  return response;
}

}  // namespace granary::cli
