/// Names that own sources and public ones both have.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "view/conflicts.h"

namespace granary::api {
namespace {

constexpr http::RouteSpec kConflicts = {
    "admin.conflicts",
    http::Method::get,
    "/__api__/conflicts",
    http::Access::admin,
    "Names that a source of one's own and a mirror of the same repository both have, with the source that is "
    "served",
    "repo"};

void write_json(JsonWriter& json, const view::Conflict& conflict) {
  json.begin_object();
  json.member("repo", conflict.repository);
  json.member("name", conflict.package);
  json.member("served_from", conflict.claims.front().source);
  json.member("public_served", model::is_mirror(conflict.claims.front().type) ||
                                   conflict.claims.front().type == model::SourceType::cran_snapshot);
  json.key("sources");
  json.begin_array();
  for (const auto& claim : conflict.claims) {
    json.begin_object();
    json.member("name", claim.source);
    json.member("type", model::name_of(claim.type));
    json.key("versions");
    json.begin_array();
    for (const auto& version : claim.versions) json.value(version);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

Result<http::Response> conflicts(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto repository = request.query_value("repo");
  const auto found = TRY(view::find_conflicts(ctx, *deps.catalog, repository));
  JsonWriter json;
  json.begin_array();
  for (const auto& conflict : found) write_json(json, conflict);
  json.end_array();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_admin_conflicts(http::Router& router, const AdminDeps& deps) {
  router.bind(kConflicts,
              [deps](const auto& ctx, const auto& request) { return conflicts(deps, ctx, request); });
}

}  // namespace granary::api
