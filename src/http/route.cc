#include "http/route.h"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "base/uri.h"
#include "http/status.h"

namespace granary::http {
namespace {

struct Segment {
  enum class Kind : std::uint8_t { literal, parameter, rest } kind;
  std::string_view text;  // the literal, or the parameter's name
};

/// The pattern without its first '/', cut at every '/'; a trailing '/' gives a last empty literal.
std::vector<Segment> segments_of(std::string_view pattern) {
  GRANARY_ASSERT(pattern.starts_with('/'));
  std::vector<Segment> out;
  for (const auto part : split(pattern.substr(1), '/')) {
    GRANARY_ASSERT(out.empty() || out.back().kind != Segment::Kind::rest);
    if (!part.starts_with('{')) {
      out.push_back({Segment::Kind::literal, part});
    } else if (part.ends_with("*}")) {
      out.push_back({Segment::Kind::rest, part.substr(1, part.size() - 3)});
    } else {
      GRANARY_ASSERT(part.ends_with('}') && part.size() > 2);
      out.push_back({Segment::Kind::parameter, part.substr(1, part.size() - 2)});
    }
  }
  return out;
}

struct Route {
  const RouteSpec* spec;
  Handler handler;
  std::vector<std::string_view> names;  // of the parameters, in order
};

struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::vector<Route> routes;  // one per method
};

/// What every database takes as text.
bool is_text(std::string_view text) noexcept { return text.find('\0') == text.npos && is_valid_utf8(text); }

bool is_text_query(std::string_view query) {
  const auto is_plain = [](char c) { return c != '%' && static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(query.begin(), query.end(), is_plain)) return true;
  const auto parameters = parse_query(query);
  return std::all_of(parameters.begin(), parameters.end(),
                     [](const auto& one) { return is_text(one.second); });
}

bool is_dots(std::string_view text) noexcept { return text == "." || text == ".."; }

/// One walk over the tree for one request: the first leaf that serves the method wins; of the others it
/// remembers which methods they serve.
struct Walk {
  Method method;
  std::vector<std::string> parts;  // decoded segments
  std::vector<std::string> values;
  const Route* found = nullptr;
  std::set<std::string_view> allowed;
  bool unsafe = false;  // a parameter would have taken "..", or something with a '/' in it

  bool leaf(const Node& node) {
    for (const auto& route : node.routes) {
      if (route.spec->method == method) {
        found = &route;
        return true;
      }
      allowed.insert(name_of(route.spec->method));
      if (route.spec->method == Method::get) allowed.insert("HEAD");
    }
    return false;
  }

  bool step(const Node& node, std::size_t at) {
    if (at == parts.size()) return leaf(node);
    const std::string& part = parts[at];
    if (const auto next = node.literals.find(part); next != node.literals.end()) {
      if (step(*next->second, at + 1)) return true;
    }
    if (node.parameter && !part.empty()) {
      if (is_dots(part) || part.find('/') != std::string::npos) {
        unsafe = true;
      } else {
        values.push_back(part);
        if (step(*node.parameter, at + 1)) return true;
        values.pop_back();
      }
    }
    return node.rest && take_rest(*node.rest, at);
  }

  bool take_rest(const Node& node, std::size_t at) {
    std::string whole;
    for (std::size_t i = at; i < parts.size(); ++i) {
      if (is_dots(parts[i]) || parts[i].find('/') != std::string::npos) {
        unsafe = true;
        return false;
      }
      if (i != at) whole += '/';
      whole += parts[i];
    }
    values.push_back(std::move(whole));
    if (leaf(node)) return true;
    values.pop_back();
    return false;
  }
};

Response plain_error(int status, std::string message, std::string hint) {
  auto response =
      error_response(Error(Errc::invalid_argument, std::move(message), std::move(hint), __FILE__, __LINE__));
  response.status = status;
  response.reason.clear();
  return response;
}

/// Who only asks has sent no bytes that could be damaged: those are our own.
Error own_damage(const Error& error) {
  Error own(Errc::internal, error.message(), error.hint(), error.file(), error.line());
  for (const auto& note : error.notes()) own = std::move(own).note(note);
  return own;
}

/// An installer that reads may wait; who writes is told at once and decides himself.
Response refusal(const Context& context, const RouteSpec& spec, const Request& request, const Error& why) {
  const bool asks = spec.method == Method::get && !request.body;
  const Error error = asks && why.code() == Errc::corrupt ? own_damage(why) : why;
  auto response = error_response(error);
  response.brief = error.brief() && spec.access == Access::read && spec.method == Method::get &&
                   !request.body && !spec.pattern.starts_with("/__api__/");
  response.crowded = response.brief && error.crowded();
  if (status_for(error.code()) >= 500 && error.code() != Errc::unsupported && !response.brief) {
    context.log().failed("failed to answer a request", error);
  } else {
    context.log().debug("refused a request", {{"error", error.message()}, {"hint", error.hint()}});
  }
  return response;
}

}  // namespace

struct Router::Impl {
  Node root;
  Gate gate;
  std::string prefix;
  std::vector<const RouteSpec*> specs, at_once;

  /// Fills the request's parameters and names the route; else `problem` says why not.
  const Route* find(Request& request, std::optional<Response>& problem) const {
    Walk walk{};
    walk.method = request.method == Method::head ? Method::get : request.method;
    request.prefix = 0;
    if (!prefix.empty() && request.path().starts_with(prefix)) {
      const auto rest = request.path().substr(prefix.size());
      if (rest.empty()) {  // relative links need the '/'
        problem = redirect(308, prefix.substr(prefix.rfind('/') + 1) + '/');
        return nullptr;
      }
      if (rest.starts_with('/')) request.prefix = prefix.size();
    }
    const auto path = request.path();
    if (!path.starts_with('/')) {
      problem = plain_error(400, "the path does not begin with '/'", "");
      return nullptr;
    }
    for (const auto part : split(path.substr(1), '/')) {
      auto decoded = percent_decode(part);
      if (!decoded) {
        problem = plain_error(400, "the path has a broken percent escape", "encode a '%' as %25");
        return nullptr;
      }
      if (!is_text(*decoded)) {
        problem = plain_error(400, "the path is no text", "encode it as UTF-8");
        return nullptr;
      }
      walk.parts.push_back(std::move(*decoded));
    }
    if (!is_text_query(request.query())) {
      problem = plain_error(400, "the query is no text", "encode it as UTF-8");
      return nullptr;
    }
    if (!walk.step(root, 0)) {
      if (!walk.allowed.empty()) {
        problem =
            plain_error(405, "this path does not take " + std::string(name_of(request.method)), "see Allow");
        std::string allow;
        for (const auto name : walk.allowed) allow += (allow.empty() ? "" : ", ") + std::string(name);
        problem->with("Allow", std::move(allow));
      } else if (walk.unsafe) {
        problem = plain_error(400, "a segment of the path is '.', '..' or has an encoded '/'",
                              "send the plain path");
      } else {
        problem = plain_error(404, "nothing is at this path",
                              "check the address against the server's documentation");
      }
      return nullptr;
    }
    request.parameters.clear();
    for (std::size_t i = 0; i < walk.found->names.size(); ++i) {
      request.parameters.emplace_back(walk.found->names[i], std::move(walk.values[i]));
    }
    return walk.found;
  }
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

void Router::bind(const RouteSpec& spec, Handler handler) {
  Route route{&spec, std::move(handler), {}};
  Node* node = &impl_->root;
  for (const auto& segment : segments_of(spec.pattern)) {
    std::unique_ptr<Node>* next = nullptr;
    switch (segment.kind) {
      case Segment::Kind::literal:
        next = &node->literals[std::string(segment.text)];
        break;
      case Segment::Kind::parameter:
        next = &node->parameter;
        break;
      case Segment::Kind::rest:
        next = &node->rest;
        break;
    }
    if (segment.kind != Segment::Kind::literal) route.names.push_back(segment.text);
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  for (const auto* other : impl_->specs) GRANARY_ASSERT(other->name != spec.name);
  for (const auto& other : node->routes) GRANARY_ASSERT(other.spec->method != spec.method);
  node->routes.push_back(std::move(route));
  impl_->specs.push_back(&spec);
  if (!spec.at_once) return;
  GRANARY_ASSERT(spec.access == Access::anonymous && spec.pattern.find('{') == spec.pattern.npos);
  impl_->at_once.push_back(&spec);
}

bool Router::is_at_once(std::string_view path) const noexcept {
  const std::string_view prefix = impl_->prefix;
  const auto is = [&](const RouteSpec* spec) {
    return path == spec->pattern || (path.size() == prefix.size() + spec->pattern.size() &&
                                     path.starts_with(prefix) && path.ends_with(spec->pattern));
  };
  return std::any_of(impl_->at_once.begin(), impl_->at_once.end(), is);
}

void Router::set_gate(Gate gate) { impl_->gate = std::move(gate); }

void Router::set_prefix(std::string prefix) {
  GRANARY_ASSERT(prefix.empty() || (prefix.starts_with('/') && !prefix.ends_with('/')));
  impl_->prefix = std::move(prefix);
}

Result<> Router::admit(const Context& context, Request& request) const {
  std::optional<Response> problem;
  const Route* route = impl_->find(request, problem);
  if (!route || !impl_->gate) return {};  // dispatch will say what is wrong with the path
  try {
    return impl_->gate(context, *route->spec, request);
  } catch (const std::exception& e) {
    context.log().error("failed to admit a request: exception in the gate", {{"exception", e.what()}});
    return fail(Errc::internal, "the server failed to check this request", "the server's log says why");
  }
}

Response Router::dispatch(const Context& context, Request& request) const noexcept {
  std::string what = "unknown exception";
  try {
    std::optional<Response> problem;
    const Route* route = impl_->find(request, problem);
    if (!route) return std::move(*problem);
    if (impl_->gate) {
      if (auto admitted = impl_->gate(context, *route->spec, request); !admitted) {
        return refusal(context, *route->spec, request, admitted.error());
      }
    }
    auto response = route->handler(context, request);
    if (response) return std::move(*response);
    return refusal(context, *route->spec, request, response.error());
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  context.log().error("failed to answer a request: exception in a handler",
                      {{"target", request.target}, {"exception", what}});
  return plain_error(500, "the server failed to answer this request", "the server's log says why");
}

std::vector<const RouteSpec*> Router::routes() const { return impl_->specs; }

std::string url_for(const RouteSpec& spec,
                    std::span<const std::pair<std::string_view, std::string_view>> parameters) {
  std::string out;
  for (const auto& segment : segments_of(spec.pattern)) {
    out += '/';
    if (segment.kind == Segment::Kind::literal) {
      out += segment.text;
      continue;
    }
    const auto value = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& pair) { return pair.first == segment.text; });
    GRANARY_ASSERT(value != parameters.end());
    out += percent_encode(value->second, segment.kind == Segment::Kind::rest);
  }
  return out;
}

}  // namespace granary::http
