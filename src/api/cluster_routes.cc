#include "api/cluster_routes.h"

#include <algorithm>

#include "api/admin_json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kNodes = {
    "cluster.nodes",
    Method::get,
    "/__api__/cluster/nodes",
    Access::admin,
    "The nodes that share the database; state is online, draining (still runs jobs), offline, stopped or "
    "lost",
    "nodes"};
constexpr http::RouteSpec kOnline = {"cluster.online",
                                     Method::post,
                                     "/__api__/cluster/online",
                                     Access::admin,
                                     "Let nodes work again; without nodes the one that is asked",
                                     "nodes"};
constexpr http::RouteSpec kOffline = {
    "cluster.offline",
    Method::post,
    "/__api__/cluster/offline",
    Access::admin,
    "Take nodes out: /__ping__ answers 503, what runs is finished, no job is begun; also after a restart",
    "nodes"};

void write_json(JsonWriter& json, const cluster::Listed& one, bool self) {
  json.begin_object();
  json.member("name", one.node.name);
  // Who answers is not lost, whenever it was heard last.
  const bool here = self && one.state == cluster::State::lost;
  json.member("state", here ? (one.wanted_online ? "online" : "offline") : cluster::name_of(one.state));
  json.member("wanted", one.wanted_online ? "online" : "offline");
  json.member("running_jobs", one.running);
  json.member("address", one.node.address);
  json.member("version", one.node.version);
  json.member("role", one.node.role);
  json.member("key", one.node.key);
  json.member("started", rfc3339(one.node.started_at));
  json.member("heard", rfc3339(one.heard_at));
  json.member("answers", self);
  json.end_object();
}

Result<http::Response> list(const ClusterDeps& deps, const Context& ctx,
                            const std::vector<std::string>& names) {
  JsonWriter json;
  json.begin_array();
  const auto all = TRY(deps.nodes->list(ctx));
  for (const auto& one : all) {
    if (names.empty() || std::find(names.begin(), names.end(), one.node.name) != names.end())
      write_json(json, one, one.node.name == deps.self);
  }
  json.end_array();
  return json_response(200, std::move(json));
}

std::vector<std::string> asked_nodes(const http::Request& request) {
  std::vector<std::string> names;
  const auto asked = request.query_value("nodes").value_or("");
  for (const auto part : split(asked, ',')) {
    if (const auto name = trim(part); !name.empty()) names.emplace_back(name);
  }
  return names;
}

Result<http::Response> want(const ClusterDeps& deps, const Context& ctx, const http::Request& request,
                            bool online) {
  auto names = asked_nodes(request);
  if (names.empty()) names.push_back(deps.self);
  TRY(deps.nodes->want(ctx, names, online));
  ctx.log().component("api").info(online ? "nodes are to be online" : "nodes are to be offline",
                                  {{"nodes", join(names, ", ")}});
  return list(deps, ctx, names);
}

}  // namespace

void bind_cluster(http::Router& router, const ClusterDeps& deps) {
  router.bind(kNodes,
              [deps](const auto& ctx, const auto& request) { return list(deps, ctx, asked_nodes(request)); });
  router.bind(kOnline,
              [deps](const auto& ctx, const auto& request) { return want(deps, ctx, request, true); });
  router.bind(kOffline,
              [deps](const auto& ctx, const auto& request) { return want(deps, ctx, request, false); });
}

}  // namespace granary::api
