/// Keeping of sources.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {"admin.source.create", Method::post, "/__api__/sources", Access::admin,
                                     "Make a source. Body: {name, type (local, local-python), description, "
                                     "succeed_on_existing}"};
constexpr http::RouteSpec kEdit = {"admin.source.edit", Method::patch, "/__api__/sources/{source}",
                                   Access::admin, "Rename or describe a source. Body: {name, description}"};
constexpr http::RouteSpec kDelete = {
    "admin.source.delete", Method::del, "/__api__/sources/{source}", Access::admin,
    "Delete a source with its history; refused while a repository subscribes to it"};
http::Response answer(int status, const model::Source& source) {
  JsonWriter json;
  write_json(json, source);
  return json_response(status, std::move(json));
}

Result<http::Response> create(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"name", "type", "description", "succeed_on_existing"}));
  const auto type_name = TRY(body.optional_text("type")).value_or("local");
  const auto type = model::parse_source_type(type_name);
  if (!type)
    return fail(Errc::invalid_argument, "unknown type of source '" + type_name.substr(0, 80) + "'",
                "use local for R or local-python for Python");
  return answer(201,
                TRY(deps.ingest->create_source(
                    ctx, TRY(body.text("name")), *type, TRY(body.optional_text("description")).value_or(""),
                    TRY(body.optional_boolean("succeed_on_existing")).value_or(false))));
}

Result<http::Response> edit(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"name", "description"}));
  return answer(
      200, TRY(deps.ingest->edit_source(ctx, request.parameter("source"), TRY(body.optional_text("name")),
                                        TRY(body.optional_text("description")))));
}

Result<http::Response> remove(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  TRY(deps.ingest->delete_source(ctx, request.parameter("source")));
  return deleted_response(request.parameter("source"));
}

}  // namespace

void bind_admin_sources(http::Router& router, const AdminDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kEdit, [deps](const auto& ctx, const auto& request) { return edit(deps, ctx, request); });
  router.bind(kDelete, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
}

}  // namespace granary::api
