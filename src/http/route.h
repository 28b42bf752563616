#pragma once
/// The route table: one row per endpoint, read by the router, the CLI client, OpenAPI and the test that no
/// row lacks a handler.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "http/message.h"

namespace granary::http {

/// Who may call. `read` depends on the repository named by {repo}; `publish` on the source named by {source}.
enum class Access : std::uint8_t { anonymous, read, publish, admin };

struct RouteSpec {
  std::string_view name;  // "python.project"; unique
  Method method;
  /// Segments are literal or {parameter}; the last may be {rest*}, which takes everything that is left,
  /// slashes too. A trailing '/' counts.
  std::string_view pattern;
  Access access;
  std::string_view summary;
  std::string_view query = {};  // names of query parameters, comma separated, for OpenAPI
  /// The handler waits for nothing and computes next to nothing: the event loop runs it itself, so that it is
  /// answered also when every worker waits for something. The pattern has no parameters.
  bool at_once = false;
};

/// A plain blocking function, run on a worker, but for RouteSpec::at_once. Errors become responses in one
/// place (status.h).
using Handler = std::function<Result<Response>(const Context&, const Request&)>;

/// Decides before the handler runs (and before a large body is read). Success: go on.
using Gate = std::function<Result<>(const Context&, const RouteSpec&, const Request&)>;

/// Built once at start, then immutable and safe for concurrent use.
class Router {
 public:
  Router();
  ~Router();
  /// `spec` has static storage. Aborts on a duplicate name or on two routes that no request could tell apart.
  /// GET answers HEAD too.
  void bind(const RouteSpec& spec, Handler handler);
  void set_gate(Gate gate);
  /// "/granary": the server is reached below this path. Requests are understood with it, and without it, as a
  /// proxy that takes it off sends them.
  void set_prefix(std::string prefix);

  /// Whether the path is that of a route with RouteSpec::at_once.
  bool is_at_once(std::string_view path) const noexcept;

  /// Runs the gate only: what the engine asks before it reads a large body or answers `100 Continue`.
  Result<> admit(const Context&, Request&) const;
  /// Never throws: unknown path 404, known path with another method 405 and Allow, errors as status_for()
  /// says, exceptions 500 and a line in the log.
  Response dispatch(const Context&, Request&) const noexcept;

  std::vector<const RouteSpec*> routes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The path of a route with its parameters filled in and encoded.
std::string url_for(const RouteSpec&,
                    std::span<const std::pair<std::string_view, std::string_view>> parameters);

}  // namespace granary::http
