/// Keeping of sources.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "api/meta_listing.h"
#include "api/meta_package.h"

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
constexpr http::RouteSpec kPackages = {"admin.source.packages",
                                       Method::get,
                                       "/__api__/sources/{source}/packages",
                                       Access::publish,
                                       "Packages of a source; X-Total-Count has the number of all that match",
                                       "name,name_like,exact_first,_limit,_page"};
constexpr http::RouteSpec kTransactions = {
    "admin.source.transactions",
    Method::get,
    "/__api__/sources/{source}/transactions",
    Access::publish,
    "What happened to a source, newest first; pass the last id as before to go on",
    "_limit,before"};

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
  const auto name = TRY(body.text("name"));
  const auto description = TRY(body.optional_text("description")).value_or("");
  const bool succeed = TRY(body.optional_boolean("succeed_on_existing")).value_or(false);
  return answer(201, TRY(deps.ingest->create_source(ctx, name, *type, description, succeed)));
}

Result<http::Response> edit(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"name", "description"}));
  const auto name = TRY(body.optional_text("name"));
  const auto description = TRY(body.optional_text("description"));
  return answer(200, TRY(deps.ingest->edit_source(ctx, request.parameter("source"), name, description)));
}

Result<http::Response> remove(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  TRY(deps.ingest->delete_source(ctx, request.parameter("source")));
  return deleted_response(request.parameter("source"));
}

Result<model::Source> asked_source(catalog::ReadView& view, const http::Request& request) {
  const auto source = TRY(view.find_source(request.parameter("source")));
  if (!source)
    return fail(Errc::not_found,
                "no source named '" + std::string(request.parameter("source").substr(0, 80)) + "'",
                "list them with: granary list sources");
  return *source;
}

Result<std::vector<std::string>> all_packages(catalog::ReadView& view, model::SourceId source,
                                              model::TxNo at) {
  std::vector<std::string> names;
  model::Page page;
  for (;;) {
    const auto some = TRY(view.packages(source, at, page));
    names.insert(names.end(), some.begin(), some.end());
    if (some.size() < page.limit) return names;
    page.after = some.back();
  }
}

Result<http::Response> packages(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  auto query = TRY(ListQuery::parse(request));
  Listed listed;
  JsonWriter json;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    json = {};
    const auto source = TRY(asked_source(view, request));
    const auto ecosystem = ecosystem_of(source.type);
    if (!query.name.empty()) query.name = package_key(ecosystem, query.name);
    const auto at = TRY(view.resolve(source.id, model::Latest{}));
    listed = select(TRY(all_packages(view, source.id, at)), query);
    json.begin_array();
    for (const auto& name : listed.names) {
      const auto files = TRY(view.files(source.id, at, name));
      if (!files.empty()) append_summary(json, ecosystem, files);
    }
    json.end_array();
    return {};
  }));
  auto response = json_response(200, std::move(json));
  response.with("X-Total-Count", std::to_string(listed.total));
  return response;
}

Result<http::Response> transactions(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto limit = TRY(query_count(request, "_limit", 1000, 10'000));
  const auto before = TRY(query_count(request, "before", 0, std::uint64_t{1} << 62));
  std::vector<model::Transaction> found;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    const auto source = TRY(asked_source(view, request));
    found = TRY(view.transactions(source.id, model::TxNo{static_cast<std::int64_t>(before)},
                                  static_cast<std::uint32_t>(limit)));
    return {};
  }));
  JsonWriter json;
  json.begin_array();
  for (const auto& transaction : found) write_json(json, transaction);
  json.end_array();
  return json_response(200, std::move(json));
}

}  // namespace

void bind_admin_sources(http::Router& router, const AdminDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kEdit, [deps](const auto& ctx, const auto& request) { return edit(deps, ctx, request); });
  router.bind(kDelete, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
  router.bind(kPackages,
              [deps](const auto& ctx, const auto& request) { return packages(deps, ctx, request); });
  router.bind(kTransactions,
              [deps](const auto& ctx, const auto& request) { return transactions(deps, ctx, request); });
}

}  // namespace granary::api
