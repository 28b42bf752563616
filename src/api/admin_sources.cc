/// Keeping of sources.

#include <algorithm>

#include "api/access_gate.h"
#include "api/admin_json.h"
#include "api/admin_request.h"
#include "api/admin_routes.h"
#include "api/meta_listing.h"
#include "api/meta_package.h"
#include "base/time_text.h"
#include "catalog/named.h"
#include "ingest/maintenance_jobs.h"
#include "view/names.h"
#include "view/newest_file.h"

namespace granary::api {
namespace {

using http::Access;
using http::Method;

constexpr http::RouteSpec kCreate = {
    "admin.source.create", Method::post, "/__api__/sources", Access::admin,
    "Make a source. Body: {name, type (local, local-python, git, git-python, cran, bioconductor, "
    "pypi, cran-snapshot), description, succeed_on_existing; of an upstream: url, "
    "proxy, ca_file, user, password; of a cran-snapshot: snapshot, of}"};
constexpr http::RouteSpec kEdit = {
    "admin.source.edit", Method::patch, "/__api__/sources/{source}", Access::admin,
    "Rename or describe a source, or change its upstream. Body: {name, description, "
    "url, proxy, ca_file, user, password}"};
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
    Access::anonymous,  // see check_may_see
    "What happened to a source, newest first; pass the last id as before to go on. Open to all when a "
    "repository that asks for no token shows the source",
    "_limit,before"};

http::Response answer(int status, const model::Source& source) {
  JsonWriter json;
  write_json(json, source);
  return json_response(status, std::move(json));
}

/// What only sources with an upstream have, and those that show one as of a day.
Result<mirror::UpstreamChange> upstream_of(const Fields& body) {
  mirror::UpstreamChange out;
  out.url = TRY(body.optional_text("url"));
  out.proxy = TRY(body.optional_text("proxy"));
  out.ca_file = TRY(body.optional_text("ca_file"));
  out.user = TRY(body.optional_text("user"));
  out.password = TRY(body.optional_text("password"));
  return out;
}

Result<mirror::NewSource> new_mirror(const Fields& body, model::SourceType type) {
  mirror::NewSource out;
  out.type = type;
  out.name = TRY(body.text("name"));
  out.description = TRY(body.optional_text("description")).value_or("");
  out.succeed_on_existing = TRY(body.optional_boolean("succeed_on_existing")).value_or(false);
  const auto upstream = TRY(upstream_of(body));
  out.upstream = {upstream.url.value_or(""), upstream.proxy.value_or(""), upstream.ca_file.value_or(""),
                  upstream.user.value_or(""), upstream.password.value_or("")};
  out.frozen_of = TRY(body.optional_text("of")).value_or("");
  if (const auto day = TRY(body.optional_text("snapshot"))) {
    out.frozen_at = parse_day(*day);
    if (!out.frozen_at)
      return fail(Errc::invalid_argument, "'" + day->substr(0, 80) + "' is not a day",
                  "write it as 2020-07-09");
  }
  return out;
}

Result<http::Response> create(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body = TRY(Fields::read(request, {"name", "type", "description", "succeed_on_existing", "url",
                                               "proxy", "ca_file", "user", "password", "snapshot", "of"}));
  const auto type_name = TRY(body.optional_text("type")).value_or("local");
  const auto type = model::parse_source_type(type_name);
  if (!type)
    return fail(Errc::invalid_argument, "unknown type of source '" + type_name.substr(0, 80) + "'",
                "use local or git for R, local-python or git-python for Python, or cran, bioconductor, pypi, "
                "cran-snapshot");
  const bool has_upstream = model::is_mirror(*type) || *type == model::SourceType::cran_snapshot;
  if (has_upstream && deps.mirrors)
    return answer(201, TRY(deps.mirrors->create(ctx, TRY(new_mirror(body, *type)))));
  if (!TRY(upstream_of(body)).empty())
    return fail(Errc::invalid_argument,
                "a source of type " + std::string(name_of(*type)) + " has no upstream",
                "leave url, proxy, ca_file, user and password out");
  const auto name = TRY(body.text("name"));
  const auto description = TRY(body.optional_text("description")).value_or("");
  const bool succeed = TRY(body.optional_boolean("succeed_on_existing")).value_or(false);
  return answer(201, TRY(deps.ingest->create_source(ctx, name, *type, description, succeed)));
}

Result<http::Response> edit(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto body =
      TRY(Fields::read(request, {"name", "description", "url", "proxy", "ca_file", "user", "password"}));
  const auto name = TRY(body.optional_text("name"));
  const auto description = TRY(body.optional_text("description"));
  const auto upstream = TRY(upstream_of(body));
  if (!upstream.empty() && deps.mirrors)
    TRY(deps.mirrors->change(ctx, request.parameter("source"), upstream));
  return answer(200, TRY(deps.ingest->edit_source(ctx, request.parameter("source"), name, description)));
}

Result<http::Response> remove(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const bool rows_left = TRY(deps.ingest->delete_source(ctx, request.parameter("source")));
  if (rows_left && deps.queue) {
    if (const auto job = deps.queue->submit(ctx, ingest::erase_job()); !job)
      ctx.log().failed("cannot order to erase the source: the next collection does it", job.error());
  }
  if (deps.mirrors) {
    if (const auto planned = deps.mirrors->plan_syncs(ctx); !planned)
      ctx.log().failed("cannot remove the schedule of the source", planned.error());
  }
  return deleted_response(request.parameter("source"));
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
  const auto query = TRY(ListQuery::parse(request));
  view::NamePage listed;
  JsonWriter json;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    json = {};
    const auto source = TRY(catalog::source_named(view, request.parameter("source")));
    const auto ecosystem = ecosystem_of(source.type);
    const auto at = TRY(view.resolve(source.id, model::Latest{}));
    view::SourceNames names;
    for (const auto& name : TRY(all_packages(view, source.id, at))) names.add(name);
    listed = view::Names({std::make_shared<const view::SourceNames>(std::move(names))})
                 .select(query.of(ecosystem));
    json.begin_array();
    for (const auto& name : listed.names) {
      const auto files = TRY(view.files(source.id, at, name));
      if (!files.empty()) append_summary(json, ecosystem, view::newest_file(ecosystem, files));
    }
    json.end_array();
    return {};
  }));
  auto response = json_response(200, std::move(json));
  response.with("X-Total-Count", std::to_string(listed.total));
  return response;
}

/// What a repository shows to everybody tells them as much.
Result<> check_may_see(catalog::ReadView& view, const model::Source& source,
                       const Result<auth::Principal>& principal) {
  if (principal && (principal->may_publish(source.name) || principal->may_admin())) return {};
  for (const auto& repository : TRY(view.repositories())) {
    if (std::find(repository.sources.begin(), repository.sources.end(), source.id) ==
        repository.sources.end())
      continue;
    if (!repository.authenticated || (principal && principal->may_read(repository.name))) return {};
  }
  if (!principal) return tl::unexpected(principal.error());
  return fail(Errc::unauthenticated, "a token is needed",
              "send 'Authorization: Bearer <token>' with the scope sources:write:" + source.name +
                  ", or repos:read of a repository that shows the source");
}

Result<http::Response> transactions(const AdminDeps& deps, const Context& ctx, const http::Request& request) {
  const auto limit = TRY(query_count(request, "_limit", 1000, 10'000));
  const auto before = TRY(query_count(request, "before", 0, std::uint64_t{1} << 62));
  const auto principal = principal_of(ctx, *deps.tokens, request);
  std::vector<model::Transaction> found;
  TRY(deps.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    const auto source = TRY(catalog::source_named(view, request.parameter("source")));
    TRY(check_may_see(view, source, principal));
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
