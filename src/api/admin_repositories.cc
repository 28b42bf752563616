/// Keeping of repositories and their subscriptions.

#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {"admin.repo.create", Method::post, "/__api__/repos", Access::admin,
                                     "Make a repository. Body: {name, type (r, python), description, auth, "
                                     "downloads (stream, redirect), succeed_on_existing}"};
constexpr http::RouteSpec kEdit = {"admin.repo.edit", Method::patch, "/__api__/repos/{repo}", Access::admin,
                                   "Rename, describe or protect a repository. Body: {name, description, "
                                   "auth, downloads (stream, redirect)}"};
constexpr http::RouteSpec kDelete = {"admin.repo.delete", Method::del, "/__api__/repos/{repo}", Access::admin,
                                     "Delete a repository; its sources stay"};
constexpr http::RouteSpec kSubscribe = {"admin.repo.subscribe", Method::post,
                                        "/__api__/repos/{repo}/subscriptions", Access::admin,
                                        "Subscribe a repository to a source, as its last. Body: {source, "
                                        "succeed_on_existing}"};
constexpr http::RouteSpec kUnsubscribe = {"admin.repo.unsubscribe", Method::del,
                                          "/__api__/repos/{repo}/subscriptions/{source}", Access::admin,
                                          "End a subscription"};
constexpr http::RouteSpec kReorder = {
    "admin.repo.reorder", Method::put, "/__api__/repos/{repo}/subscriptions", Access::admin,
    "Put the subscribed sources in another order: the first that has a package "
    "gives it. Body: {sources: [...]}"};

Result<http::Response> answer(const AdminDeps& deps, const Context& ctx, int status,
                              const model::Repository& repository) {
  std::vector<model::Source> sources;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    sources = TRY(view.sources());
    return {};
  }));
  JsonWriter json;
  write_json(json, repository, sources);
  return json_response(status, std::move(json));
}

Result<std::optional<model::Downloads>> downloads_of(const Fields& body) {
  const auto text = TRY(body.optional_text("downloads"));
  if (!text) return std::optional<model::Downloads>();
  const auto downloads = model::parse_downloads(*text);
  if (!downloads)
    return fail(Errc::invalid_argument, "unknown way of downloads '" + text->substr(0, 80) + "'",
                "use stream or redirect");
  return downloads;
}

Result<http::Response> create(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body =
      TRY(Fields::read(request, {"name", "type", "description", "auth", "downloads", "succeed_on_existing"}));
  const auto type_name = TRY(body.optional_text("type")).value_or("r");
  const auto type = model::parse_ecosystem(type_name);
  if (!type)
    return fail(Errc::invalid_argument, "unknown type of repository '" + type_name.substr(0, 80) + "'",
                "use r or python");
  const bool by_default = deps.new_repos_authenticated && deps.new_repos_authenticated();
  model::Repository wanted;
  wanted.name = TRY(body.text("name"));
  wanted.type = *type;
  wanted.description = TRY(body.optional_text("description")).value_or("");
  wanted.authenticated = TRY(body.optional_boolean("auth")).value_or(by_default);
  wanted.downloads = TRY(downloads_of(body)).value_or(model::Downloads::stream);
  const bool succeed = TRY(body.optional_boolean("succeed_on_existing")).value_or(false);
  return answer(deps, ctx, 201, TRY(deps.ingest->create_repository(ctx, wanted, succeed)));
}

Result<http::Response> edit(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"name", "description", "auth", "downloads"}));
  ingest::RepositoryChange change;
  change.name = TRY(body.optional_text("name"));
  change.description = TRY(body.optional_text("description"));
  change.authenticated = TRY(body.optional_boolean("auth"));
  change.downloads = TRY(downloads_of(body));
  return answer(deps, ctx, 200, TRY(deps.ingest->edit_repository(ctx, request.parameter("repo"), change)));
}

Result<http::Response> remove(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  TRY(deps.ingest->delete_repository(ctx, request.parameter("repo")));
  return deleted_response(request.parameter("repo"));
}

Result<http::Response> subscribe(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"source", "succeed_on_existing"}));
  const auto source = TRY(body.text("source"));
  const bool succeed = TRY(body.optional_boolean("succeed_on_existing")).value_or(false);
  const auto changed = TRY(deps.ingest->subscribe(ctx, request.parameter("repo"), source, succeed));
  return answer(deps, ctx, 200, changed);
}

Result<http::Response> unsubscribe(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  return answer(deps, ctx, 200,
                TRY(deps.ingest->unsubscribe(ctx, request.parameter("repo"), request.parameter("source"))));
}

Result<http::Response> reorder(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"sources"}));
  return answer(deps, ctx, 200,
                TRY(deps.ingest->reorder(ctx, request.parameter("repo"), TRY(body.texts("sources")))));
}

}  // namespace

void bind_admin_repositories(http::Router& router, const AdminDeps& deps) {
  router.bind(kCreate, [deps](const auto& ctx, const auto& request) { return create(deps, ctx, request); });
  router.bind(kEdit, [deps](const auto& ctx, const auto& request) { return edit(deps, ctx, request); });
  router.bind(kDelete, [deps](const auto& ctx, const auto& request) { return remove(deps, ctx, request); });
  router.bind(kSubscribe,
              [deps](const auto& ctx, const auto& request) { return subscribe(deps, ctx, request); });
  router.bind(kUnsubscribe,
              [deps](const auto& ctx, const auto& request) { return unsubscribe(deps, ctx, request); });
  router.bind(kReorder, [deps](const auto& ctx, const auto& request) { return reorder(deps, ctx, request); });
}

}  // namespace granary::api
