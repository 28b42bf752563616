#include "api/meta_openapi.h"

#include <map>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace granary::api {
namespace {

/// "/a/{rest*}" as OpenAPI writes it, and the names of its parameters.
std::string path_of(std::string_view pattern, std::vector<std::string>& parameters) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size();) {
    const auto close = pattern[i] == '{' ? pattern.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      path += pattern[i++];
      continue;
    }
    auto name = pattern.substr(i + 1, close - i - 1);
    if (name.ends_with('*')) name.remove_suffix(1);
    parameters.emplace_back(name);
    path += '{' + std::string(name) + '}';
    i = close + 1;
  }
  return path;
}

void append_parameter(JsonWriter& json, std::string_view name, bool in_path) {
  json.begin_object();
  json.member("name", name);
  json.member("in", in_path ? "path" : "query");
  json.member("required", in_path);
  json.key("schema");
  json.raw(R"({"type":"string"})");
  json.end_object();
}

void append_operation(JsonWriter& json, const http::RouteSpec& route,
                      const std::vector<std::string>& parameters) {
  json.key(lower(http::name_of(route.method)));
  json.begin_object();
  json.member("operationId", route.name);
  json.member("summary", route.summary);
  json.key("tags");
  json.begin_array();
  json.value(route.name.substr(0, route.name.find('.')));
  json.end_array();
  json.key("parameters");
  json.begin_array();
  for (const auto& name : parameters) append_parameter(json, name, true);
  for (const auto name : split(route.query, ',')) {
    if (!name.empty()) append_parameter(json, name, false);
  }
  json.end_array();
  json.key("security");
  const bool open = route.access == http::Access::anonymous || route.access == http::Access::read;
  json.raw(open ? R"([{},{"bearer":[]},{"basic":[]}])" : R"([{"bearer":[]},{"basic":[]}])");
  json.key("responses");
  json.raw(R"({"2XX":{"description":"Success"},"default":{"$ref":"#/components/responses/Error"}})");
  json.end_object();
}

constexpr std::string_view kComponents =
    R"({"securitySchemes":{"bearer":{"type":"http","scheme":"bearer"},)"
    R"("basic":{"type":"http","scheme":"basic","description":"Any user, such as __token__; the password is a token"}},)"
    R"("schemas":{"Error":{"type":"object","required":["error","hint"],)"
    R"("properties":{"error":{"type":"string"},"hint":{"type":"string"}}}},)"
    R"("responses":{"Error":{"description":"What went wrong, and what to do",)"
    R"("content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}}}})";

}  // namespace

std::string openapi(std::span<const http::RouteSpec* const> routes, std::string_view version) {
  std::map<std::string, std::vector<const http::RouteSpec*>> paths;
  for (const auto* route : routes) {
    std::vector<std::string> ignored;
    paths[path_of(route->pattern, ignored)].push_back(route);
  }
  JsonWriter json;
  json.begin_object();
  json.member("openapi", "3.1.0");
  json.key("info");
  json.begin_object();
  json.member("title", "Granary");
  json.member("version", version);
  json.end_object();
  json.key("paths");
  json.begin_object();
  for (const auto& [path, operations] : paths) {
    json.key(path);
    json.begin_object();
    for (const auto* route : operations) {
      std::vector<std::string> parameters;
      path_of(route->pattern, parameters);
      append_operation(json, *route, parameters);
    }
    json.end_object();
  }
  json.end_object();
  json.key("components");
  json.raw(kComponents);
  json.end_object();
  return std::move(json).take();
}

}  // namespace granary::api
